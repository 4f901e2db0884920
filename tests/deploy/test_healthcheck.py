"""The image's health check knows a server that answers, one that does not, and a worker."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.deploy.commands import DEPLOY
from tests.server.test_whole_walk import serving

CHECK = DEPLOY / "healthcheck.py"


@contextmanager
def process(*arguments: str) -> Iterator[str]:
    """One that waits, with these arguments; its id."""
    wait = [sys.executable, "-c", "print(flush=True); input()", *arguments]
    with subprocess.Popen(wait, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as waiting:
        assert waiting.stdout
        assert waiting.stdin
        waiting.stdout.readline()
        yield str(waiting.pid)
        waiting.stdin.close()
        waiting.kill()


def is_well(pid: str) -> bool:
    return subprocess.run([sys.executable, CHECK, pid], capture_output=True).returncode == 0


@pytest.mark.parametrize("written", ["--port {}", "--port={}"])
def test_a_server_is_well_while_it_answers_on_its_port(tmp_path: Path, written: str) -> None:
    with serving(tmp_path, "--no-demo", INVOICING_WORKERS="0") as address:
        options = written.format(address.rpartition(":")[2]).split()
        with process("invoicing", "serve", *options) as pid:
            assert is_well(pid)
    with process("invoicing", "serve", *options) as pid:
        assert not is_well(pid)


def test_a_worker_is_well_while_it_runs() -> None:
    with process("invoicing", "worker") as pid:
        assert is_well(pid)
    assert not is_well(pid)
