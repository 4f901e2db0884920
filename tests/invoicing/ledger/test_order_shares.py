"""What an order's payments have paid is read by them, however many others the account has."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection

from invoicing.access import Principal
from invoicing.ledger import order_shares
from invoicing.payments import manual
from invoicing.storage.database import Database
from tests.support import factories
from tests.support.factories import NOW


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # PostgreSQL reads few rows without one
def test_payments_of_other_orders_are_not_read(database: Database, principal: Principal) -> None:
    for number in range(20):
        invoice = factories.invoice(database, principal, id=f"o{number}")
        values: Any = {
            "invoice_id": invoice.id,
            "amount": 10,
            "method": "CASH",
            "idempotency_key": f"k{number}",
        }
        database.write(manual.record_payment, principal, values, now=NOW)
    database.write(lambda connection: connection.exec_driver_sql("ANALYZE"))

    def plan(connection: Connection) -> list[str]:
        text = str(order_shares._PAID.statement.compile(dialect=connection.dialect))
        given = ("REFUND", principal.account_id, principal.account_id, "o1")
        return [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", given)]

    found = [step for step in database.read(plan) if "allocations" in step]
    assert found == ["SEARCH allocations USING INDEX allocations_of_payment (account_id=? AND payment_id=?)"]
