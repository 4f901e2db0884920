"""The schema's migrations: `upgrade` brings a database to the newest version."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from invoicing.storage.database import Database


def config() -> Config:
    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent))
    return settings


def upgrade(database: Database) -> None:
    """Runs the missing migrations in one transaction; nothing, if the database is up to date."""
    settings = config()

    def migrate(connection: Connection) -> None:
        if not database.is_sqlite:  # however long servers that run keep it waiting
            connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
        settings.attributes["connection"] = connection
        command.upgrade(settings, "head")

    database.write(migrate)


def is_current(database: Database) -> bool:
    """Whether the database is at the newest version."""
    return database.read(version) == newest()


def version(connection: Connection) -> str | None:
    """The database's version."""
    return MigrationContext.configure(connection).get_current_revision()


@cache
def newest() -> str | None:
    """The version that this code is written for."""
    return ScriptDirectory.from_config(config()).get_current_head()
