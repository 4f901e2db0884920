"""Charges at the sandbox, in a process that can be killed.

python -m tests.support.gateway_process FILE METHOD
"""

from __future__ import annotations

import sys
from pathlib import Path

from gateways.sandbox import Sandbox
from tests.support.gateway_requests import charge

if __name__ == "__main__":
    file, method = sys.argv[1:]
    sandbox = Sandbox(Path(file))
    print("ready", flush=True)
    sys.stdin.readline()
    print(sandbox.charge(charge(method=method)).reference)
