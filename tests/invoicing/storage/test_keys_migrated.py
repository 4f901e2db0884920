"""The migration that adds idempotency keys to orders and customers changes nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, select, text

from invoicing.access import Principal
from invoicing.errors import IdempotencyKeyReused
from invoicing.storage import migrations
from invoicing.storage.database import Database
from invoicing.storage.migrations import running
from invoicing.storage.tables import customers, order_items, orders, payments
from invoicing.verify.books import verify
from tests.support import factories
from tests.support.till import Till

BEFORE = (
    *(f"DROP INDEX {table}_one_idempotency_key" for table in ("orders", "customers")),
    *(
        f"ALTER TABLE {table} DROP COLUMN {column}"
        for table in ("orders", "customers")
        for column in ("idempotency_key", "request")
    ),
    "UPDATE alembic_version SET version_num = '0007'",
)


@pytest.fixture
def till(database: Database, principal: Principal) -> Till:
    """A customer, orders of theirs and of a guest, an invoice, and a payment with a key."""
    till = Till(database, principal)
    factories.customer(database, principal, id="ann", handle="ann-1", meta={"a": 1})
    till.order("o", 1_000, 500, customer_id="ann")
    till.sale(1_000, id="sale")
    till.pay(400, key="paid", invoice_id="sale")
    return till


def migrate_from_0007(database: Database) -> None:
    """Removes the keys, and runs the migration that adds them."""
    settings = running.config()

    def migrate(connection: Connection) -> None:
        for statement in BEFORE:
            connection.execute(text(statement))
        settings.attributes["connection"] = connection
        command.upgrade(settings, "0008")

    database.write(migrate)


def all_rows(database: Database) -> list[Any]:
    def read(connection: Connection) -> list[Any]:
        return [
            sorted(map(repr, connection.execute(select(table)).mappings()))
            for table in (orders, order_items, customers, payments)
        ]

    return database.read(read)


def test_all_rows_are_unchanged(till: Till) -> None:
    before = all_rows(till.database)
    migrate_from_0007(till.database)
    assert all_rows(till.database) == before
    assert till.database.read(migrations.version) == "0008"
    assert till.database.read(verify).findings == []


def test_a_payment_keeps_its_key(till: Till) -> None:
    (paid,) = till.rows(payments)
    migrate_from_0007(till.database)
    assert till.pay(400, key="paid", invoice_id="sale").id == paid.id
    with pytest.raises(IdempotencyKeyReused):
        till.pay(401, key="paid", invoice_id="sale")


def test_orders_and_customers_can_have_keys_after_the_migration(till: Till) -> None:
    migrate_from_0007(till.database)
    orders_made = [factories.order(till.database, till.principal, idempotency_key="k") for _ in range(2)]
    assert orders_made[0].id == orders_made[1].id
    customers_made = [
        factories.customer(till.database, till.principal, idempotency_key="k") for _ in range(2)
    ]
    assert customers_made[0].id == customers_made[1].id
    assert till.order("next", 100) == ["next-0"]
