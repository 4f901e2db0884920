"""Which processes of the machine are those of a PostgreSQL server."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from tools.siege import pids


def test_who_works_in_a_folder_is_found_until_it_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "print(flush=True); input()"]
    with subprocess.Popen(command, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()  # it has begun
        assert pids.working_in(tmp_path) == [process.pid]
        assert pids.working_in(tmp_path.parent) == []
        assert pids.send(process.pid, signal.SIGKILL)
        process.wait()
        assert pids.working_in(tmp_path) == []
