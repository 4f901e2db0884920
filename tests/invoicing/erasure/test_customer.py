"""After a customer was erased only the invoices and the ledger hold what was known of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select, text
from sqlmodel import SQLModel

from invoicing.access import COMMAND_LINE, Principal
from invoicing.customers import details, sessions
from invoicing.erasure.customer import NAME, Erased, erase_customer
from invoicing.errors import CustomerErased, CustomerInUse, CustomerNotFound, IdempotencyKeyReused
from invoicing.invoices import from_orders
from invoicing.orders import intake, returns, shipping
from invoicing.orders.actions import Action
from invoicing.orders.returns import Contra
from invoicing.payments import manual, methods
from invoicing.storage.database import Database
from invoicing.storage.tables import customers, orders
from invoicing.verify.books import verify
from tests.support import factories
from tests.support.factories import NOW, item
from tests.support.webhook_listener import endpoint

MARK = "Qzxw"
"""Is in everything that is said of the customer, and nowhere else."""

ADDRESS = {
    "address_line_1": f"{MARK} street 1",
    "address_line_2": f"{MARK} house",
    "postal_code": f"{MARK}1",
    "locality": f"{MARK}ville",
    "country_code": "NL",
}
CUSTOMER = {
    "id": "c",
    "handle": f"{MARK}-handle",
    "name": f"{MARK} Name",
    "legal_name": f"{MARK} Ltd",
    "email": f"{MARK}@example.com",
    "phone_number": f"{MARK} 1",
    "contact_name": f"{MARK} Contact",
    "registration_number": f"{MARK}-reg",
    "buyer_reference": f"{MARK}-buyer",
    "electronic_address": {"scheme": "0002", "value": f"{MARK}-peppol"},
    "billing_address": ADDRESS,
    "shipping_address": ADDRESS,
    "meta": {"note": f"{MARK} note"},
    "idempotency_key": "customer-key",
}
ORDER: dict[str, Any] = {
    "customer_id": "c",
    "billing_name": f"{MARK} Billing",
    "billing_address": ADDRESS,
    "shipping_address": ADDRESS,
    "purchase_order_number": f"{MARK}-po",
    "buyer_reference": f"{MARK}-ref",
    "meta": {"note": f"{MARK} order"},
}
MAY_HOLD = {"invoices.snapshot"}
"""What is frozen as it was issued. The ledger has no words of the customer, but what was written into it."""


def erase(database: Database, who: Principal, **named: Any) -> Erased:
    erased: Erased = database.write(erase_customer, who, **(named or {"id": "c"}), now=NOW)
    return erased


def session(database: Database, who: Principal) -> str:
    """The token of a session that the command line made."""
    _, token = database.write(
        sessions.create_customer_session,
        replace(who, actor=COMMAND_LINE),
        customer_id="c",
        return_url=f"https://{MARK.lower()}.example/",
        now=NOW,
    )
    return token


def known(database: Database, who: Principal) -> None:
    """A customer of whom everything is known, with a session, a card, a webhook and a cancelled order."""
    database.write(details.create_customer, who, CUSTOMER, now=NOW)  # type: ignore[arg-type]
    session(database, who)
    database.write(
        methods.add_payment_method,
        who,
        "c",
        gateway="sandbox",
        reference=f"{MARK}-card",
        gateway_customer=f"{MARK}-cus",
        label=f"{MARK} 4242",
        now=NOW,
    )
    factories.order(database, who, id="gone", items=[item(id="i")], **ORDER)
    database.write(returns.undo_items, who, Action.CANCEL, "gone", [Contra("i", 1)], now=NOW)


def sold(database: Database, who: Principal, id: str = "sold") -> str:
    """An order that was shipped, invoiced and paid."""
    endpoint(database, who)
    order = factories.order(database, who, id=id, items=[item(id=f"{id}-1")], **ORDER)
    database.write(shipping.ship_items, who, id, [(f"{id}-1", None)], shipped_at=NOW)
    issued = database.write(from_orders.invoice_order, who, order.id, invoice_id=f"v-{id}", now=NOW)
    paid = {"method": "CASH", "payment_date": NOW.date()}
    database.write(manual.settle_invoice_manually, who, issued.id, paid, key=None, now=NOW)  # type: ignore[arg-type]
    return issued.id


def holding(database: Database) -> set[str]:
    """The columns of any table that hold the mark, in any case."""

    def find(connection: Connection) -> set[str]:
        found = set()
        for table in SQLModel.metadata.tables.values():
            for row in connection.execute(select(table)).mappings():
                found |= {f"{table.name}.{name}" for name, value in row.items() if has_mark(value)}
        return found

    return database.read(find)


def has_mark(value: object) -> bool:
    return MARK.casefold() in repr(value).casefold()


def test_a_customer_without_invoices_is_deleted_with_its_orders(
    database: Database, principal: Principal
) -> None:
    known(database, principal)
    assert {name.partition(".")[0] for name in holding(database)} == {
        "customers",
        "customer_sessions",
        "orders",
        "payment_methods",
    }
    assert erase(database, principal) == Erased("c", True, 1, 0)
    assert holding(database) == set()
    with pytest.raises(CustomerNotFound):
        database.read(details.find_customer, principal, id="c")


def test_only_frozen_invoices_hold_what_was_known_of_a_customer_with_invoices(
    database: Database, principal: Principal
) -> None:
    known(database, principal)
    invoice = sold(database, principal)
    before = database.read(rows_of, "invoices", "snapshot")
    assert len(holding(database) - MAY_HOLD) > 20
    assert erase(database, principal) == Erased("c", False, 2, 1)
    assert holding(database) == MAY_HOLD
    assert database.read(rows_of, "invoices", "snapshot") == before
    assert database.read(details.find_customer, principal, id="c").name == NAME
    assert database.read(verify).findings == []
    assert invoice == "v-sold"


def rows_of(connection: Connection, table: str, column: str) -> list[Any]:
    return list(connection.execute(text(f"SELECT {column} FROM {table} ORDER BY id")).scalars())  # noqa: S608


def test_every_column_of_the_customers_words_was_filled_in_before(
    database: Database, principal: Principal
) -> None:
    """A column that is new is planted here too, or is named among those that say nothing of anybody."""
    known(database, principal)
    sold(database, principal)
    held = {
        name.partition(".")[2] for name in holding(database) if name.startswith(("customers.", "orders."))
    }
    silent = {"vat_number", "vat_country", "iban", "bic", "locale", "payment_terms_days", "is_business"}
    silent |= {"account_id", "id", "idempotency_key", "request", "created_at", "updated_at", "erased_at"}
    silent |= {"number", "customer_id", "currency", "is_including_vat", "total", "invoice_after_shipment"}
    silent |= {"ship_to_country", "delivery_date"}
    assert held | silent == {column.name for table in (customers, orders) for column in table.c}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_nothing_is_left_in_the_file(database: Database, principal: Principal) -> None:
    """Not in its free pages either: what is deleted is overwritten."""
    known(database, principal)
    database.write(details.update_customer, principal, {"id": "c", "email": "new@example.com"}, now=NOW)
    file = Path(str(database.url.database))
    assert database.empty_log()
    assert MARK.casefold().encode() in file.read_bytes().lower()
    erase(database, principal)
    assert database.empty_log()
    assert MARK.casefold().encode() not in file.read_bytes().lower()
    assert file.with_name(f"{file.name}-wal").stat().st_size == 0


def test_nothing_is_erased_while_something_is_open(database: Database, principal: Principal) -> None:
    known(database, principal)
    order = factories.order(database, principal, id="open", **ORDER)
    with pytest.raises(CustomerInUse, match="orders open") as refused:
        erase(database, principal)
    assert (refused.value.code, refused.value.ids) == ("CUSTOMER_IN_USE", ("open",))
    database.write(from_orders.invoice_order, principal, order.id, invoice_id="v", now=NOW)
    with pytest.raises(CustomerInUse, match="invoices v"):
        erase(database, principal)
    assert database.read(details.find_customer, principal, id="c").name == CUSTOMER["name"]


def test_a_session_ends_when_its_customer_is_erased(database: Database, principal: Principal) -> None:
    known(database, principal)
    sold(database, principal)
    token = session(database, principal)
    assert database.read(sessions.find_principal, token, now=NOW) is not None
    erase(database, principal)
    assert database.read(sessions.find_principal, token, now=NOW) is None


def test_an_erased_customer_gets_nothing_new(database: Database, principal: Principal) -> None:
    known(database, principal)
    sold(database, principal)
    erase(database, principal)
    for work in (
        lambda: factories.order(database, principal, customer_id="c"),
        lambda: factories.one_time_invoice(database, principal, customer_id="c"),
        lambda: session(database, principal),
        lambda: database.write(details.update_customer, principal, {"id": "c", "name": "A"}, now=NOW),
    ):
        with pytest.raises(CustomerErased):
            work()


def test_a_request_of_before_does_not_bring_the_customer_back(
    database: Database, principal: Principal
) -> None:
    known(database, principal)
    sold(database, principal)
    erase(database, principal)
    with pytest.raises(IdempotencyKeyReused):
        database.write(details.create_customer, principal, CUSTOMER, now=NOW)  # type: ignore[arg-type]


def test_an_order_is_still_found_by_its_number(database: Database, principal: Principal) -> None:
    known(database, principal)
    sold(database, principal)
    erase(database, principal)
    order = database.read(intake.find_order, principal, "sold")
    assert order.search_text == order.number
    assert database.read(rows_of, "invoices", "search_text") == [
        number.casefold() for number in database.read(rows_of, "invoices", "number")
    ]


def test_another_customer_and_another_account_keep_what_they_have(
    database: Database, principal: Principal
) -> None:
    other = factories.principal(database)
    known(database, other)
    factories.customer(database, principal, id="c", handle="mine")
    factories.customer(database, principal, id="d", name=f"{MARK} D")
    before = holding(database)
    erase(database, principal, handle="mine")
    assert holding(database) == before
