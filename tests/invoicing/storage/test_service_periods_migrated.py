"""The migration that gives items a period of service, and customers and orders payment terms."""

from __future__ import annotations

from datetime import date
from typing import Any

from alembic import command
from sqlalchemy import Connection, select, text

from invoicing.access import Principal
from invoicing.storage.database import Database
from invoicing.storage.migrations import running
from invoicing.storage.tables import customers, invoice_lines, invoices, order_items, orders
from invoicing.verify.books import verify
from tests.support import factories
from tests.support.till import Till

BEFORE = (
    "ALTER TABLE order_items DROP COLUMN service_period",
    "ALTER TABLE customers DROP COLUMN payment_terms_days",
    "ALTER TABLE orders DROP COLUMN payment_terms_days",
    "UPDATE alembic_version SET version_num = '0009'",
)


def migrate_from_0009(database: Database) -> None:
    settings = running.config()

    def migrate(connection: Connection) -> None:
        for statement in BEFORE:
            connection.execute(text(statement))
        settings.attributes["connection"] = connection
        command.upgrade(settings, "0010")

    database.write(migrate)


def all_rows(database: Database) -> list[Any]:
    def read(connection: Connection) -> list[Any]:
        return [
            sorted(map(repr, connection.execute(select(table)).mappings()))
            for table in (customers, orders, order_items, invoices, invoice_lines)
        ]

    return database.read(read)


def test_all_rows_are_unchanged_and_have_neither(database: Database, principal: Principal) -> None:
    till = Till(database, principal)
    factories.customer(database, principal, id="ann", handle="ann-1")
    ids = till.order("o", 1_000, 500, customer_id="ann", delivery_date=date(2025, 6, 1))
    till.credit(till.invoice(ids[0], id="sale"))
    before = all_rows(database)
    migrate_from_0009(database)
    assert all_rows(database) == before
    assert [row.service_period for row in till.rows(order_items)] == [None, None]
    assert till.invoice(ids[1]).due_on == date(2025, 6, 16)
    assert database.read(verify).findings == []
