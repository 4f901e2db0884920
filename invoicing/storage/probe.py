"""Whether the database takes anything at present: a full disk is found out before an order needs it."""

from __future__ import annotations

from sqlalchemy import Connection

from invoicing.errors import DatabaseUnavailable

ROOM = 65_536  # bytes: more than any page has, so they do not fit into what the file has left


def check_can_write(connection: Connection) -> None:
    """A command of SQLite: raises what writing would raise, and leaves the database as it was.

    First it takes new pages, and gives them back: the file may have a size that it must not pass. Then it
    writes the first page as it is, which the commit brings to the disk.
    """
    connection.exec_driver_sql("SAVEPOINT probe")
    connection.exec_driver_sql("INSERT INTO alembic_version VALUES (zeroblob(?))", (ROOM,))
    connection.exec_driver_sql("ROLLBACK TO probe")
    connection.exec_driver_sql("RELEASE probe")
    kept = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    connection.exec_driver_sql(f"PRAGMA user_version = {int(kept)}")


def check_is_primary(connection: Connection) -> None:
    """A query for PostgreSQL: raises DatabaseUnavailable if it is a standby, or set to be read only."""
    if connection.exec_driver_sql("SHOW transaction_read_only").scalar_one() == "on":
        raise DatabaseUnavailable("The database is read only at present.")
