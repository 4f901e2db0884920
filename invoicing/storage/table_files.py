"""All tables of a PostgreSQL database as files, as they are at one moment, and back into an empty database.

The files are in PostgreSQL's own text format of COPY. They do not depend on its version, and need no program
beside this one, such as `pg_dump`, which refuses newer servers. What the tables look like is not in them: the
migrations make the tables, up to the version that was saved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, LiteralString, cast

import psycopg
from psycopg import IsolationLevel
from psycopg.sql import SQL, Composed, Identifier
from sqlalchemy import URL, Connection, inspect

from invoicing.storage.sqlite_copy import Stored

VERSION_TABLE = "alembic_version"
_PLAIN = "SET LOCAL datestyle = 'ISO'; SET LOCAL timezone = 'UTC'; SET LOCAL extra_float_digits = 3"
_PATIENT = "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0"
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename"
_COLUMNS = (
    "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 "
    "AND NOT attisdropped AND attgenerated = '' ORDER BY attnum"
)

Columns = Mapping[str, Sequence[str]]
"""The tables that were saved, each with the columns in its file."""


class StrangeTables(ValueError):
    """Tables were saved that the saved version does not have."""


@contextmanager
def one_state(url: URL) -> Iterator[psycopg.Connection]:
    """A connection that sees the database as it is now, whatever is written meanwhile."""
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address) as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        connection.execute(_PLAIN)
        connection.execute(_PATIENT)
        yield connection


def save_tables(
    connection: psycopg.Connection, folder: Path, saved: Callable[[], None]
) -> dict[str, list[str]]:
    """A file for each table. Calls `saved` after each."""
    columns = {}
    for table in tables_in(connection):
        columns[table] = [str(row[0]) for row in connection.execute(_COLUMNS, [table])]
        copy = _copy(table, columns[table], "TO STDOUT")
        with file_of(folder, table).open("wb") as file, connection.cursor().copy(copy) as rows:
            for block in rows:
                file.write(block)
        saved()
    return columns


def tables_in(connection: psycopg.Connection) -> list[str]:
    return [str(row[0]) for row in connection.execute(_TABLES) if row[0] != VERSION_TABLE]


def version_in(connection: psycopg.Connection) -> str | None:
    row = connection.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone()  # noqa: S608
    return None if row is None else str(row[0])


def size_of(connection: psycopg.Connection) -> int:
    """The bytes that the database takes on its server, which are more than its files will have."""
    row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    return 0 if row is None else int(row[0])


def papers_of(connection: psycopg.Connection) -> list[Stored]:
    return connection.execute("SELECT key, size, sha256 FROM documents ORDER BY key").fetchall()


def load_tables(connection: Connection, folder: Path, columns: Columns, loaded: Callable[[], None]) -> None:
    """Fills the empty tables, first those to which others refer.

    Triggers do not run: what they did is saved too. There are no sequences, whose last numbers would be.
    """
    raw = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
    raw.execute(_PLAIN)
    raw.execute(_PATIENT)
    ordered = [name for name, _ in inspect(connection).get_sorted_table_and_fkc_names() if name in columns]
    if strangers := columns.keys() - set(ordered):
        raise StrangeTables(", ".join(sorted(strangers)))
    for table in map(str, ordered):
        raw.execute(SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(Identifier(table)))
        copy = _copy(table, columns[table], "FROM STDIN")
        with file_of(folder, table).open("rb") as file, raw.cursor().copy(copy) as rows:
            while block := file.read(1 << 20):
                rows.write(block)
        raw.execute(SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(Identifier(table)))
        loaded()


def file_of(folder: Path, table: str) -> Path:
    return folder / f"{table}.copy"


def _copy(table: str, columns: Sequence[str], direction: LiteralString) -> Composed:
    names = SQL(", ").join(map(Identifier, columns))
    return SQL("COPY {} ({}) {}").format(Identifier(table), names, SQL(direction))
