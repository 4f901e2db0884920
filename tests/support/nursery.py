"""Starts `invoicing` again and again without its imports: most of the time until it works goes into them.

A process imports the program once, and forks for everyone who asks for it on a socket. Who asks is
`born.py`, a program of a few lines that stands for `invoicing` in a test: it has its arguments, folder,
variables and files, gets its signals, and ends as it ends. Where the start itself is tested, or the command
line in the list of processes, tests start `server.entry` instead.
"""

from __future__ import annotations

import atexit
import json
import os
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
_START = "from tests.support.nursery import main; main()"
_BORN = Path(__file__).with_name("born.py")
_OPEN = b"open\n"
_MOST = 2**20  # bytes: more than the variables and arguments of any process


@cache
def program() -> tuple[str, ...]:
    """The words that stand for `invoicing`. The first who asks starts the nursery of this process."""
    address = f"{tempfile.mkdtemp(prefix='nursery-')}/socket"
    nursery = subprocess.Popen(
        [sys.executable, "-c", _START, address], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    atexit.register(nursery.communicate)  # it ends with its stdin, also when this process is killed
    assert nursery.stdout is not None
    assert nursery.stdout.readline() == _OPEN
    return sys.executable, "-I", "-S", str(_BORN), address


@dataclass(frozen=True, slots=True)
class Birth:
    """What the new process is to be."""

    arguments: list[str]
    folder: str
    variables: dict[str, str]
    files: list[int]

    def become(self) -> None:
        for standard, file in enumerate(self.files):
            os.dup2(file, standard)
            os.close(file)
        os.chdir(self.folder)
        os.environ.clear()
        os.environ.update(self.variables)
        sys.argv = ["invoicing", *self.arguments]


class Nursery:
    """One thread and no library with threads of its own, so that a fork is a whole process."""

    def __init__(self, address: str) -> None:
        self._callers: dict[int, socket.socket] = {}
        self._events = selectors.DefaultSelector()
        self._woken, self._waker = os.pipe()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(address)
        self._listener.listen(64)  # from now on who connects is heard, if after the imports

    def open(self) -> Birth | None:
        """Returns in each new process; and None in the nursery, when nobody needs it any more."""
        os.set_blocking(self._waker, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._waker)
        for source in (self._listener, self._woken, sys.stdin):
            self._events.register(source, selectors.EVENT_READ)
        while True:
            for event, _ in self._events.select():
                if event.fileobj is sys.stdin:
                    self._end()
                    return None
                if event.fileobj is self._listener and (birth := self._bear()):
                    return birth
                if event.fileobj == self._woken:
                    os.read(self._woken, 4096)
                    self._bury()
                if event.data in self._callers:  # who asked was killed
                    self._events.unregister(event.fileobj)
                    os.kill(event.data, signal.SIGKILL)

    def _bear(self) -> Birth | None:
        caller, _ = self._listener.accept()
        birth = _asked(caller)
        pid = os.fork() if birth else None
        if pid == 0:
            self._forget()
        for file in birth.files if birth and pid else ():
            os.close(file)
        if not pid:
            caller.close()
            return birth
        self._callers[pid] = caller
        self._events.register(caller, selectors.EVENT_READ, pid)
        _tell(caller, pid)
        return None

    def _bury(self) -> None:
        while self._callers:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            with self._callers.pop(pid) as caller:
                if caller in self._events.get_map():
                    self._events.unregister(caller)
                    _tell(caller, os.waitstatus_to_exitcode(status))

    def _forget(self) -> None:
        """What is the nursery's alone, and not of who was born there."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._events.close()
        for each in (self._listener, *self._callers.values()):
            each.close()
        for end in (self._woken, self._waker):
            os.close(end)

    def _end(self) -> None:
        for pid in self._callers:
            os.kill(pid, signal.SIGKILL)


def _asked(caller: socket.socket) -> Birth | None:
    """None of who was killed before it had asked."""
    text, files, _, _ = socket.recv_fds(caller, _MOST, 3)
    while not text.endswith(b"\n"):
        if not (more := caller.recv(_MOST)):
            return None
        text += more
    asked: dict[str, Any] = json.loads(text)
    return Birth(**asked, files=files)


def _tell(caller: socket.socket, number: int) -> None:
    with suppress(OSError):  # it was killed
        caller.sendall(f"{number}\n".encode())


def main() -> None:
    address = sys.argv[1]
    nursery = Nursery(address)
    sys.stdout.buffer.write(_OPEN)
    sys.stdout.flush()
    import psycopg  # noqa: F401 (the imports are what takes time)

    import server.app
    import server.commands.cli
    import server.commands.serve
    import server.commands.worker  # noqa: F401
    from server.entry import main as run

    if birth := nursery.open():
        birth.become()
        run()
    else:
        shutil.rmtree(Path(address).parent)
