"""Customers are made and changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from invoicing.storage.database import Database
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
