"""Searching lists: by every condition alone and combined, only in the own account."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from invoicing.access import Principal
from invoicing.accounts import settings as account_settings
from invoicing.customers import details
from invoicing.customers import lists as customer_lists
from invoicing.errors import ValidationError
from invoicing.invoices import from_orders
from invoicing.invoices import lists as invoice_lists
from invoicing.orders import intake, shipping
from invoicing.orders import lists as order_lists
from invoicing.payments import manual
from invoicing.payments.values import RecordPaymentValues
from invoicing.storage.database import Database
from invoicing.storage.pages import Window
from tests.support import factories
from tests.support.factories import item

DAY = timedelta(days=1)
ALL = Window(first=100)


def found_orders(database: Database, principal: Principal, **given: Any) -> list[str]:
    rows = database.read(order_lists.orders_page, principal, given, ALL).rows
    assert database.read(order_lists.orders_count, principal, given) == len(rows)
    return [row.id for row in rows]


def found_invoices(database: Database, principal: Principal, **given: Any) -> list[str]:
    rows = database.read(invoice_lists.invoices_page, principal, given, ALL).rows
    assert database.read(invoice_lists.invoices_count, principal, given) == len(rows)
    return [row.id for row in rows]


def found_customers(database: Database, principal: Principal, words: str | None) -> list[str]:
    given = {"search": words}
    rows = database.read(customer_lists.customers_page, principal, given, ALL).rows
    assert database.read(customer_lists.customers_count, principal, given) == len(rows)
    return [row.id for row in rows]


@pytest.fixture
def ordered(database: Database, principal: Principal, now: datetime) -> None:
    """Orders a to e, one a day, in every state; and the same ids in another account."""
    for seller in (factories.principal(database), principal):
        for id in ("ann", "bob"):
            factories.customer(database, seller, id=id, name=f"{id.title()} Baker")
        terms: dict[str, dict[str, Any]] = {
            "a": {"customer_id": "ann", "number": "N-1"},
            "b": {"customer_id": "bob", "currency": "USD", "invoice_after_shipment": True},
            "c": {"customer_id": "ann", "invoice_after_shipment": True},
            "d": {"billing_name": "Guest 100%", "number": "N_2"},
            "e": {"customer_id": "bob"},
        }
        for place, (id, values) in enumerate(terms.items()):
            items = [item(id=f"{id}1", quantity=2), item(id=f"{id}2")]
            factories.order(database, seller, id=id, items=items, now=now + place * DAY, **values)
        for id in ("c", "d"):
            database.write(shipping.ship_items, seller, id, [(f"{id}1", None)], shipped_at=now)
        database.write(shipping.ship_items, seller, "e", [("e1", 1), ("e2", None)], shipped_at=now)
        database.write(shipping.ship_items, seller, "e", [("e1", None)], shipped_at=now)
        for id in ("d", "e"):
            database.write(from_orders.invoice_order, seller, id, now=now)
        payment: RecordPaymentValues = {
            "order_id": "e",
            "amount": 3 * 1_210,
            "method": "iDEAL",
            "idempotency_key": "e",
        }
        database.write(manual.record_payment, seller, payment, now=now)


@pytest.mark.usefixtures("ordered")
def test_orders_are_found_by_every_condition(database: Database, principal: Principal, now: datetime) -> None:
    expected: list[tuple[dict[str, Any], str]] = [
        ({}, "edcba"),
        ({"number": "N-1"}, "a"),
        ({"number": "n-1"}, ""),
        ({"number": "N"}, ""),
        ({"customer_id": "ann"}, "ca"),
        ({"customer_id": "nobody"}, ""),
        ({"currency": "USD"}, "b"),
        ({"status": "CLOSED"}, "e"),
        ({"status": "OPEN"}, "dcba"),
        ({"invoiceable": True}, "ca"),
        ({"invoiceable": False}, "edb"),
        ({"created_from": now + DAY}, "edcb"),
        ({"created_from": now + DAY + timedelta(microseconds=1)}, "edc"),
        ({"created_before": now + DAY}, "a"),
        ({"created_from": now + DAY, "created_before": now + 3 * DAY}, "cb"),
        ({"search": "BAKER"}, "ecba"),
        ({"search": "n-1"}, "a"),
        ({"search": "  guest "}, "d"),
        ({"search": "00%"}, "d"),
        ({"search": "n_2"}, "d"),
        ({"search": "n%1"}, ""),
        ({"search": ""}, "edcba"),
        ({"search": None, "status": None}, "edcba"),
        ({"customer_id": "ann", "invoiceable": True, "search": "n-1"}, "a"),
        ({"customer_id": "bob", "status": "OPEN", "currency": "EUR"}, ""),
    ]
    for given, ids in expected:
        assert found_orders(database, principal, **given) == list(ids), given


@pytest.fixture
def invoiced(database: Database, principal: Principal, now: datetime) -> None:
    """Invoices a to d, one a day, due after a week; and the same ids in another account."""
    for seller in (factories.principal(database), principal):
        database.write(account_settings.update_account, seller, {"payment_terms_days": 7}, now=now)
        for id in ("ann", "bob"):
            factories.customer(database, seller, id=id, name=f"{id.title()} Baker")
        terms: dict[str, dict[str, Any]] = {
            "a": {"customer_id": "ann"},
            "b": {"customer_id": "bob", "currency": "USD", "items": [item(unit_price=100)]},
            "c": {"customer_id": "ann", "items": [item(unit_price=2**53 - 1)]},
            "d": {"billing_name": "Guest 100%"},
        }
        for place, (id, values) in enumerate(terms.items()):
            factories.invoice(database, seller, invoice_id=id, now=now + place * DAY, **values)


@pytest.mark.usefixtures("invoiced")
def test_invoices_are_found_by_every_condition(database: Database, principal: Principal) -> None:
    day = date(2025, 6, 2)
    expected: list[tuple[dict[str, Any], str]] = [
        ({}, "dcba"),
        ({"number": "INV-2025-00002"}, "b"),
        ({"number": "INV"}, ""),
        ({"handle": "c"}, "c"),
        ({"handle": "x"}, ""),
        ({"customer_id": "ann"}, "ca"),
        ({"currency": "USD"}, "b"),
        ({"type": "INVOICE"}, "dcba"),
        ({"type": "CREDIT"}, ""),
        ({"state": "PENDING"}, "dcba"),
        ({"state": "SETTLED"}, ""),
        ({"issued_from": day + DAY}, "dcb"),
        ({"issued_to": day + DAY}, "ba"),
        ({"issued_from": day, "issued_to": day}, "a"),
        ({"due_to": day + 7 * DAY}, "a"),
        ({"due_to": day + 6 * DAY}, ""),
        ({"total_from": 1_210}, "dca"),
        ({"total_from": 1_211}, "c"),
        ({"total_from": 2**53 - 1}, "c"),
        ({"total_to": 1_210}, "dba"),
        ({"total_to": 99}, ""),
        ({"search": "ann bAKER"}, "ca"),
        ({"search": "00003"}, "c"),
        ({"search": "inv-2025-"}, "dcba"),
        ({"search": "100%"}, "d"),
        ({"search": "___"}, ""),
        ({"customer_id": "ann", "total_to": 2_000, "search": "baker"}, "a"),
    ]
    for given, ids in expected:
        assert found_invoices(database, principal, **given) == list(ids), given


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Émile Zola", "émile"),
        ("émile zola", "ÉMILE"),
        ("ΟΔΥΣΣΕΥΣ", "οδυσσευς"),
        ("Οδυσσεύς", "ΟΔΥΣΣΕΎΣ"),
        ("Straße 1", "STRASSE"),
        ("ИВАН", "иван"),
        ("100% Wool", "100%"),
        ("a_b", "A_B"),
        ("back\\slash", "BACK\\"),
        ("for/ward", "r/w"),
        ("quote'd", "e'D"),
    ],
)
def test_customers_are_found_in_any_case_and_script(
    database: Database, principal: Principal, name: str, words: str
) -> None:
    customer = factories.customer(database, principal, name=name)
    factories.customer(database, principal, name="axb 100 back for quote")
    factories.customer(database, factories.principal(database), name=name)
    assert found_customers(database, principal, words) == [customer.id]
    ordered = factories.order(database, principal, billing_name=name)
    assert ordered.id in found_orders(database, principal, search=words)


def test_customers_are_found_by_name_address_and_handle(
    database: Database, principal: Principal, now: datetime
) -> None:
    factories.customer(database, principal, id="c", name="Ann", email="x@Mail.example", handle="Shop-1")
    for words in ("ann", "MAIL.", "shop-", None, ""):
        assert found_customers(database, principal, words) == ["c"]
    assert found_customers(database, principal, "c-1") == []
    database.write(details.update_customer, principal, {"id": "c", "name": "Bob", "email": None}, now=now)
    found = [found_customers(database, principal, words) for words in ("ann", "mail", "bob", "shop")]
    assert found == [[], [], ["c"], ["c"]]


def test_an_order_is_found_by_what_it_is_called_now(
    database: Database, principal: Principal, now: datetime
) -> None:
    factories.customer(database, principal, id="ann", name="Ann Baker")
    factories.order(database, principal, id="o", customer_id="ann", number="first")
    assert found_orders(database, principal, search="baker") == ["o"]
    database.write(intake.update_order, principal, "o", {"number": "second"}, now=now)
    found = [found_orders(database, principal, search=words) for words in ("first", "second", "baker")]
    assert found == [[], ["o"], ["o"]]


@pytest.mark.parametrize("words", ["a\x00", "x" * 501])
def test_a_search_for_text_that_cannot_be_stored_is_refused(
    database: Database, principal: Principal, words: str
) -> None:
    for found in (found_orders, found_invoices):
        with pytest.raises(ValidationError) as refusal:
            found(database, principal, search=words)
        assert refusal.value.field == "search"
    with pytest.raises(ValidationError):
        found_customers(database, principal, words)
