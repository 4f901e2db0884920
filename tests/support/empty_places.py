"""Places for a server: a data folder and a database, as the settings name them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psycopg
from sqlalchemy import URL, select
from typer.testing import CliRunner, Result

from invoicing.storage.database import Database
from invoicing.storage.tables import documents
from server.commands.cli import app


@dataclass(frozen=True)
class Place:
    folder: Path
    url: str

    @property
    def environment(self) -> dict[str, str]:
        others = {name: value for name, value in os.environ.items() if not name.startswith("INVOICING_")}
        return {**others, "INVOICING_DATA_DIR": str(self.folder), "INVOICING_DATABASE_URL": self.url}

    def run(self, *words: str | Path, **settings: str) -> Result:
        """Runs `invoicing` with these words here."""
        return CliRunner(env={**self.environment, **settings}).invoke(app, list(map(str, words)))

    def rows(self) -> dict[str, list[str]]:
        """Every row of every table, as text."""
        database = Database(self.url)
        try:
            return database.read(
                lambda connection: {
                    name: sorted(map(repr, connection.execute(select(table)).all()))
                    for name, table in documents.metadata.tables.items()
                }
            )
        finally:
            database.close()

    def files(self) -> dict[str, bytes]:
        """All files but those of SQLite."""
        paths = [path for path in self.folder.rglob("*") if path.is_file() and ".db" not in path.name]
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in paths}


@contextmanager
def empty_postgresql(server: URL) -> Iterator[str]:
    """A database without any table."""
    name = f"empty_{uuid4().hex[:12]}"
    with psycopg.connect(server.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
        yield server.set(database=name).render_as_string(hide_password=False)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
