"""Customers are made and changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from invoicing.access import Scope
from invoicing.customers import sessions
from invoicing.storage.database import Database
from tests.support import factories
from tests.support.audit_trail import about, entries_of
from tests.support.client import (
    Client,
    client,
)


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    return client(database, tmp_path)


def test_a_customer_is_made_and_changed(shop: Client) -> None:
    fields = "{ id handle name email is_business vat_number billing_address { locality } metadata }"
    create = (
        f"mutation ($input: CreateCustomerInput!) {{ createCustomer(input: $input) {{ customer {fields} }} }}"
    )
    update = (
        f"mutation ($input: UpdateCustomerInput!) {{ updateCustomer(input: $input) {{ customer {fields} }} }}"
    )
    given = {
        "id": "c",
        "handle": "h",
        "name": " Ann ",
        "vat_number": "NL123456782B01",
        "billing_address": {"locality": "Delft"},
        "metadata": {"tags": ["a", 1, None, {"deep": True}]},
    }
    made = shop.ask(create, input=given)["createCustomer"]["customer"]
    assert made == {**given, "name": "Ann", "email": None, "is_business": True}
    changes = {"handle": "h", "name": "Anna", "billing_address": None}
    changed = shop.ask(update, input=changes)["updateCustomer"]["customer"]
    assert changed == {**made, "name": "Anna", "billing_address": None}
    assert shop.ask(f'{{ customer(handle: "h") {fields} }}')["customer"] == changed


ERASE = """mutation ($input: EraseCustomerInput!) {
  eraseCustomer(input: $input) { customer_id is_deleted orders_count invoices_count }
}"""


def test_a_customer_without_invoices_is_erased_with_its_orders_and_sessions(shop: Client) -> None:
    factories.customer(shop.database, shop.principal, id="ann", handle="h")
    _, token = shop.database.write(
        sessions.create_customer_session, shop.principal, customer_id="ann", now=datetime.now(UTC)
    )
    in_session = replace(shop, token=token)
    assert in_session.post("{ orders { totalCount } }").status_code == 200
    assert shop.ask(ERASE, input={"customer_handle": "h"})["eraseCustomer"] == {
        "customer_id": "ann",
        "is_deleted": True,
        "orders_count": 0,
        "invoices_count": 0,
    }
    assert in_session.post("{ orders { totalCount } }").status_code == 401
    assert shop.refused(ERASE, input={"customer_id": "ann"}).code == "CUSTOMER_NOT_FOUND"
    entry = entries_of(shop.database, shop.principal.account_id)[-1]
    assert (entry.action, about(entry)) == ("eraseCustomer", {("customer", "ann")})


def test_a_customer_with_something_open_is_not_erased(shop: Client) -> None:
    factories.customer(shop.database, shop.principal, id="ann")
    factories.order(shop.database, shop.principal, id="o", customer_id="ann")
    refusal = shop.refused(ERASE, input={"customer_id": "ann"})
    assert (refusal.code, refusal.ids) == ("CUSTOMER_IN_USE", ["o"])


def test_erasing_needs_the_scopes_of_customers_and_orders(shop: Client) -> None:
    for missing in (Scope.CUSTOMERS_WRITE, Scope.ORDERS_WRITE):
        refusal = shop.limited_to(*(set(Scope) - {missing})).refused(ERASE, input={"customer_id": "ann"})
        assert (refusal.code, refusal.ids) == ("FORBIDDEN", [missing])
    both = shop.limited_to(Scope.CUSTOMERS_WRITE, Scope.ORDERS_WRITE)
    assert both.refused(ERASE, input={"customer_id": "ann"}).code == "CUSTOMER_NOT_FOUND"
