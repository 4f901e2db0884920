"""Whether the container is well: its server answers, or, where it runs another command, that command runs.

The image's HEALTHCHECK. A worker listens on no port: it ends when it cannot go on, and the container with it.
"""

from __future__ import annotations

import sys
import urllib.request
from pathlib import Path

SECONDS = 4


def port(arguments: list[str]) -> int | None:
    """The port of `invoicing serve`; None of other commands."""
    if "serve" not in arguments:
        return None
    for at, argument in enumerate(arguments):
        if argument == "--port":
            return int(arguments[at + 1])
        if argument.startswith("--port="):
            return int(argument.removeprefix("--port="))
    return 8000


def main(process: str = "1") -> None:
    """Ends with an error if the process's server does not answer."""
    arguments = Path("/proc", process, "cmdline").read_text().split("\0")
    listens_on = port(arguments)
    if listens_on is not None:
        urllib.request.urlopen(f"http://127.0.0.1:{listens_on}/healthz", timeout=SECONDS)


if __name__ == "__main__":
    main(*sys.argv[1:])
