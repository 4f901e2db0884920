"""What tests plant behind the server's back, once nothing protects the tables any more."""

from __future__ import annotations

import sqlite3

import psycopg
from sqlalchemy import Connection

from invoicing.storage.database import Database
from invoicing.verify.books import Finding, verify

GUARDED = (
    "invoices",
    "invoice_lines",
    "order_items",
    "number_series",
    "documents",
    "outbox",
    "orders",
    "payment_methods",
    "payments",
    "allocations",
)


def unguarded(database: Database) -> Database:
    """The same database, without a constraint or a trigger on what is verified."""
    (_unguarded_sqlite if database.is_sqlite else _unguarded_postgresql)(database)
    return database


def _unguarded_sqlite(database: Database) -> None:
    connection = sqlite3.connect(str(database.url.database))
    for table in GUARDED:
        connection.execute(f"CREATE TABLE bare AS SELECT * FROM {table}")  # noqa: S608
        connection.execute(f"DROP TABLE {table}")
        connection.execute(f"ALTER TABLE bare RENAME TO {table}")
    connection.close()


def _unguarded_postgresql(database: Database) -> None:
    guards = (
        "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype IN ('c', 'f', 'p', 'u')"
    )
    triggers = "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal"
    url = database.url.render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as connection:
        for table, name in connection.execute(triggers).fetchall():
            connection.execute(f"DROP TRIGGER {name} ON {table}".encode())
        for table, name in connection.execute(guards).fetchall():
            if table in GUARDED:
                connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name} CASCADE".encode())


def planted(books: Database, *statements: str) -> list[Finding]:
    def run(connection: Connection) -> None:
        for statement in statements:
            connection.exec_driver_sql(statement)

    books.write(run)
    return books.read(verify).findings


def is_among(findings: list[Finding], subject: str, kind: str, says: str) -> bool:
    """Whether it is found of a subject that begins so, in words that contain these."""
    return any(
        found.subject.startswith(subject) and found.kind == kind and says in found.detail
        for found in findings
    )
