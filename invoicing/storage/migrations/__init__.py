"""The schema's migrations: `upgrade` brings a database to the newest version.

What only compares versions stays clear of Alembic, whose import takes a quarter of a second: a server that
starts again after each fault asks only that.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from sqlalchemy import Connection, inspect

from invoicing.storage import sqlite_statistics
from invoicing.storage.database import Database

LONGEST = 600.0  # seconds that another migration is waited for

_VERSIONS = Path(__file__).parent / "versions"
_VERSION = "SELECT version_num FROM alembic_version"


def upgrade(database: Database) -> None:
    """Runs the missing migrations in one transaction, and tells SQLite how large tables may become."""
    if not is_current(database):
        from invoicing.storage.migrations import running

        running.upgrade(database)
    if database.is_sqlite and database.read(sqlite_statistics.is_missing):
        database.write(sqlite_statistics.assume)


def is_newer(database: Database) -> bool:
    """Whether newer code than this has migrated the database."""
    return database.read(version) not in (None, *_known())


def is_known(version: str) -> bool:
    """Whether this code has the migration; it has not if the database is of a newer version."""
    return version in _known()


def is_current(database: Database) -> bool:
    """Whether the database is at the newest version."""
    return database.read(version) == newest()


def version(connection: Connection) -> str | None:
    """The database's version; none of an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.exec_driver_sql(_VERSION).scalar()
    return found


def newest() -> str:
    """The version that this code is written for."""
    return max(_known())


@cache
def _known() -> frozenset[str]:
    """The names of the files begin with them: `0001_the_first_tables.py`."""
    return frozenset(each.name.partition("_")[0] for each in _VERSIONS.glob("[0-9]*_*.py"))
