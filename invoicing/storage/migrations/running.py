"""Migrations as Alembic runs them."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, inspect

from invoicing.storage.database import Database


def config() -> Config:
    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent))
    return settings


def upgrade(database: Database) -> None:
    """Runs the missing migrations in one transaction."""
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


def make_tables(connection: Connection, version: str) -> None:
    """Makes the tables of this version in an empty database."""
    settings = config()
    settings.attributes["connection"] = connection
    command.upgrade(settings, version)
