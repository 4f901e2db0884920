"""An issued invoice and the ledger stay as they are, whatever happens; the database sees to that."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, Table, delete, select, update
from sqlalchemy.exc import DBAPIError

from invoicing.access import Principal
from invoicing.accounts import settings as account_settings
from invoicing.customers import details
from invoicing.invoices import queries
from invoicing.orders import intake
from invoicing.storage.database import Database
from invoicing.storage.tables import allocations, invoice_lines, invoices, payments
from tests.support import factories
from tests.support.till import Till

UNFROZEN = {"state", "search_text"}  # the payment's progress, and what lists are searched by


def other(value: Any, kind: type) -> Any:
    """A value that the column takes and that is not this one."""
    if value is None:
        return 1 if kind is int else "x"
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, datetime | date):
        return value.replace(year=1999)
    return f"{value}x"


@pytest.mark.parametrize("table", [invoices, invoice_lines])
def test_the_database_refuses_to_change_an_issued_invoice(
    database: Database, principal: Principal, table: Table
) -> None:
    buyer = factories.customer(database, principal)
    factories.invoice(database, principal, invoice_id="mine", customer_id=buyer.id)

    def stored(connection: Connection) -> Any:
        return connection.execute(select(table)).mappings().one()

    def change(connection: Connection, column: str) -> None:
        connection.execute(
            update(table).values({column: other(before[column], table.c[column].type.python_type)})
        )

    before = database.read(stored)
    for column in set(table.c.keys()) - (UNFROZEN if table is invoices else set()):
        with pytest.raises(DBAPIError, match="an issued invoice is frozen"):
            database.write(change, column)
    assert database.read(stored) == before


@pytest.mark.parametrize("table", [invoices, invoice_lines])
def test_the_database_refuses_to_delete_an_issued_invoice(
    database: Database, principal: Principal, table: Table
) -> None:
    issued = factories.invoice(database, principal)
    with pytest.raises(DBAPIError, match="an issued invoice is frozen"):
        database.write(lambda connection: connection.execute(delete(table)))
    assert database.read(queries.invoice, principal, issued.id) == issued


ENDED = {"status", "error", "gateway_reference", "paid_at"}  # how a payment ended


@pytest.mark.parametrize("table", [payments, allocations])
def test_the_database_refuses_to_change_or_delete_what_is_in_the_ledger(
    database: Database, principal: Principal, table: Table
) -> None:
    till = Till(database, principal)
    till.pay(1_000, invoice_id=till.sale(1_000).id)
    (before,) = till.rows(table)

    def change(connection: Connection, column: str) -> None:
        kind = table.c[column].type.python_type
        connection.execute(update(table).values({column: other(getattr(before, column), kind)}))

    for column in set(table.c.keys()) - (ENDED if table is payments else set()):
        with pytest.raises(DBAPIError, match="the ledger is final"):
            database.write(change, column)
    with pytest.raises(DBAPIError, match="the ledger is final"):
        database.write(lambda connection: connection.execute(delete(table)))
    assert till.rows(table) == [before]


def test_the_state_of_an_invoice_may_go_on(database: Database, principal: Principal) -> None:
    issued = factories.invoice(database, principal)
    database.write(lambda connection: connection.execute(update(invoices).values(state="SETTLED")))
    assert database.read(queries.found_invoice, principal, issued.id).state == "SETTLED"


def test_an_invoice_keeps_what_it_says_of_seller_buyer_and_order(
    database: Database, principal: Principal, now: datetime
) -> None:
    buyer = factories.customer(database, principal, name="Ann Baker", vat_number="NL123456782B01")
    issued = factories.invoice(database, principal, customer_id=buyer.id, purchase_order_number="PO-1")
    (order,) = issued.frozen().orders
    database.write(
        account_settings.update_account, principal, {"name": "Cups Ltd", "address": {}, "iban": None}, now=now
    )
    database.write(details.update_customer, principal, {"id": buyer.id, "name": "Ann Cook"}, now=now)
    database.write(
        intake.update_order, principal, order.id, {"number": "new", "purchase_order_number": None}, now=now
    )
    after = database.read(queries.found_invoice, principal, issued.id)
    assert after == issued
    assert (after.frozen().seller.name, after.frozen().buyer.name) == ("Mug & Co", "Ann Baker")
    assert after.frozen().orders[0].number == order.number
    assert after.frozen().purchase_order_number == "PO-1"
