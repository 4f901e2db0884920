"""The schema's migrations: `upgrade` brings a database to the newest version."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from invoicing.storage.database import Database


def config() -> Config:
    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent))
    return settings


def upgrade(database: Database) -> None:
    """Runs the missing migrations in one transaction; nothing, if the database is up to date."""
    settings = config()

    def migrate(connection: Connection) -> None:
        if not database.is_sqlite:
            lock_commands_out(connection)
        settings.attributes["connection"] = connection
        command.upgrade(settings, "head")

    database.write(migrate)


def lock_commands_out(connection: Connection) -> None:
    """On PostgreSQL: waits for the commands that run, and lets no other begin until this is committed.

    Each command reads the version first (`Database.hold_to`), and keeps that lock until it ends. So none of
    an older server is half way through while tables change, and those that wait read the new version and
    stop.
    """
    connection.exec_driver_sql("SET LOCAL lock_timeout = 0")  # however long commands keep it waiting
    if inspect(connection).has_table("alembic_version"):
        connection.exec_driver_sql("LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE")


def is_newer(database: Database) -> bool:
    """Whether newer code than this has migrated the database."""
    return database.read(version) not in (None, *_known())


def make_tables(connection: Connection, version: str) -> None:
    """Makes the tables of this version in an empty database."""
    settings = config()
    settings.attributes["connection"] = connection
    command.upgrade(settings, version)


def is_known(version: str) -> bool:
    """Whether this code has the migration; it has not if the database is of a newer version."""
    return version in _known()


def is_current(database: Database) -> bool:
    """Whether the database is at the newest version."""
    return database.read(version) == newest()


def version(connection: Connection) -> str | None:
    """The database's version."""
    return MigrationContext.configure(connection).get_current_revision()


@cache
def _known() -> frozenset[str]:
    return frozenset(each.revision for each in ScriptDirectory.from_config(config()).walk_revisions())


@cache
def newest() -> str | None:
    """The version that this code is written for."""
    return ScriptDirectory.from_config(config()).get_current_head()
