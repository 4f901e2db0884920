"""Removes what protects the tables, and plants faults in them directly."""

from __future__ import annotations

import sqlite3

import psycopg
from sqlalchemy import Connection

from invoicing.storage.database import Database
from invoicing.verify.books import Finding, verify

VERIFIED_TABLES = (
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
    "logos",
    "audit_heads",
    "audit_entries",
    "audit_subjects",
)


def unprotected(database: Database) -> Database:
    """The same database, without constraints and triggers on the tables that are verified."""
    (_unprotect_sqlite if database.is_sqlite else _unprotect_postgresql)(database)
    return database


def _unprotect_sqlite(database: Database) -> None:
    connection = sqlite3.connect(str(database.url.database))
    for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {trigger}")
    for table in VERIFIED_TABLES:
        connection.execute(f"CREATE TABLE bare AS SELECT * FROM {table}")  # noqa: S608
        connection.execute(f"DROP TABLE {table}")
        connection.execute(f"ALTER TABLE bare RENAME TO {table}")
    connection.close()


def _unprotect_postgresql(database: Database) -> None:
    guards = (
        "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype IN ('c', 'f', 'p', 'u')"
    )
    triggers = "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal"
    url = database.url.render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as connection:
        for table, name in connection.execute(triggers).fetchall():
            connection.execute(f"DROP TRIGGER {name} ON {table}".encode())
        for table, name in connection.execute(guards).fetchall():
            if table in VERIFIED_TABLES:
                connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name} CASCADE".encode())


def plant(books: Database, *statements: str) -> list[Finding]:
    def run(connection: Connection) -> None:
        for statement in statements:
            connection.exec_driver_sql(statement)

    books.write(run)
    return books.read(verify).findings


def has_finding(findings: list[Finding], subject: str, kind: str, says: str) -> bool:
    """Whether a finding has this kind, a subject that starts so and a detail that contains `says`."""
    return any(
        found.subject.startswith(subject) and found.kind == kind and says in found.detail
        for found in findings
    )
