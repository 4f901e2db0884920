"""Migrations as Alembic runs them."""

from __future__ import annotations

import time
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, inspect

from invoicing.errors import DatabaseUnavailable, ServerOutdated
from invoicing.storage import migrations
from invoicing.storage.database import Database
from invoicing.storage.failures import is_busy

_MIGRATING = 0x696E766F696365  # an advisory lock, which nothing else takes here


def config() -> Config:
    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent))
    return settings


def upgrade(database: Database) -> None:
    """Runs the missing migrations in one transaction, after those that another process runs."""
    began = time.monotonic()
    while True:
        try:
            return database.write(_upgrade)
        except DatabaseUnavailable as refusal:
            if not is_busy(refusal.__cause__) or time.monotonic() - began > migrations.LONGEST:
                raise


def _upgrade(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        lock_commands_out(connection)
    before = migrations.version(connection)
    if before is not None and not migrations.is_known(before):
        raise ServerOutdated  # newer code was waited for
    make_tables(connection, "head")


def lock_commands_out(connection: Connection) -> None:
    """On PostgreSQL: waits for the commands that run, and lets no other begin until this is committed.

    Each command reads the version first (`Database.hold_to`), and keeps that lock until it ends. So none of
    an older server is half way through while tables change, and those that wait read the new version and
    stop. Other migrations wait too.
    """
    connection.exec_driver_sql("SET LOCAL lock_timeout = 0")  # however long commands keep it waiting
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATING})")  # there may be no table yet
    if inspect(connection).has_table("alembic_version"):
        connection.exec_driver_sql("LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE")


def make_tables(connection: Connection, version: str) -> None:
    """Brings the tables to this version, from an empty database on."""
    settings = config()
    settings.attributes["connection"] = connection
    command.upgrade(settings, version)
