"""What the writer knows of the indexes of searches when a migration is not committed."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from invoicing.storage import migrations
from invoicing.storage.database import Database
from invoicing.storage.migrations import running


def migrate_in_vain(connection: Connection) -> None:
    """To the newest version, with a row that SQLite refuses at the commit: no invoice has it."""
    running.make_tables(connection, "head")
    connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
    connection.exec_driver_sql("CREATE TABLE orphans (account_id TEXT REFERENCES accounts (id))")
    connection.exec_driver_sql("INSERT INTO orphans VALUES ('nobody')")


def test_commands_run_after_a_migration_that_was_not_committed(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'invoicing.db'}")
    database.write(running.make_tables, "0028")
    with pytest.raises(IntegrityError):
        database.write(migrate_in_vain)
    assert database.read(migrations.version) == "0028"
    database.write(lambda connection: connection.exec_driver_sql("CREATE TABLE notes (note TEXT)").close())
    migrations.upgrade(database)
    assert migrations.is_current(database)
    database.close()
