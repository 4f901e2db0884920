"""A server or worker of its own process, which can be killed and started again at the same address."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from tools.siege import pids

ROOT = Path(__file__).parents[2]
_NURSERY = "from tools.siege.nursery import main; main()"


class Process:
    """`invoicing ARGUMENTS`. `has_worked` is set by whoever sees that it did something since it started."""

    def __init__(self, name: str, arguments: list[str], environment: Mapping[str, str], folder: Path) -> None:
        self.name = name
        self.has_worked = False
        self.environment = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
        self.log = folder / f"{name}.log"
        self._arguments = arguments
        self._pid: int | None = None
        with self.log.open("ab") as log:
            self._nursery = subprocess.Popen(  # noqa: S603
                [sys.executable, "-c", _NURSERY],
                cwd=ROOT,
                env=self.environment,
                text=True,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
            )

    def start(self) -> None:
        self.has_worked = False
        assert self._nursery.stdin is not None  # noqa: S101
        assert self._nursery.stdout is not None  # noqa: S101
        self._nursery.stdin.write(" ".join(self._arguments) + "\n")
        self._nursery.stdin.flush()
        self._pid = int(self._nursery.stdout.readline())

    @property
    def is_running(self) -> bool:
        return self._pid is not None and pids.is_alive(self._pid)

    def all(self) -> list[int]:
        """The process, and those in which it makes PDFs; none while it does not run."""
        return [] if self._pid is None else [self._pid, *pids.descendants(self._pid)]

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def terminate(self) -> None:
        self._end(signal.SIGTERM)

    def close(self) -> None:
        self.kill()
        self._nursery.kill()
        self._nursery.communicate()

    def _end(self, by: signal.Signals) -> None:
        if self._pid is not None and pids.send(self._pid, by):
            while pids.is_alive(self._pid):
                time.sleep(0.002)
        self._pid = None
