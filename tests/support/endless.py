"""Tables that no read gets to the end of: a server in which something takes too long."""

from __future__ import annotations

from sqlalchemy import Connection

from invoicing.storage.database import Database

ENDLESS = "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n)"


def make_endless(database: Database, table: str) -> None:
    """From now on every read of one of the table's rows goes on until it is ended."""

    def put_view_before_table(connection: Connection) -> None:
        connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO real_{table}")
        view = f"SELECT * FROM real_{table} WHERE {ENDLESS} > 0"  # noqa: S608
        connection.exec_driver_sql(f"CREATE VIEW {table} AS {view}")

    database.write(put_view_before_table)
