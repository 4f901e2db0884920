"""When it was delivered and when it is to be paid, over GraphQL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from invoicing.storage.database import Database
from tests.support import factories
from tests.support.client import CREATE_INVOICE, CREATE_ORDER, INVOICE_ITEMS, Client, client, errors

MAY = {"start": "2026-05-01", "end": "2026-05-31"}
INVOICE = """
query ($id: String!) { invoice(id: $id) {
  due_on delivery_date service_period { start end }
  lines { sku description discount total supply exemption_reason service_period { start end } }
} }
"""
ORDER = """
query ($id: String!) { order(id: $id) {
  payment_terms_days customer { payment_terms_days } items { service_period { start end } }
} }
"""


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    return client(database, tmp_path)


def item(**values: Any) -> dict[str, Any]:
    return {"id": "rent", "name": "Rent", "quantity": 1, "unit_price": 1_210, **values}


def test_an_orders_periods_and_terms_are_on_its_invoice(shop: Client, database: Database) -> None:
    factories.customer(database, shop.principal, id="ann", payment_terms_days=30)
    order = {"id": "o", "customer_id": "ann", "payment_terms_days": 0, "items": [item(service_period=MAY)]}
    shop.ask(CREATE_ORDER, input=order)
    assert shop.ask(ORDER, id="o")["order"] == {
        "payment_terms_days": 0,
        "customer": {"payment_terms_days": 30},
        "items": [{"service_period": MAY}],
    }
    shop.ask(INVOICE_ITEMS, input={"items": ["rent"], "invoice_id": "i", "due_on": "2199-12-31"})
    invoice = shop.ask(INVOICE, id="i")["invoice"]
    assert (invoice["due_on"], invoice["delivery_date"]) == ("2199-12-31", None)
    assert invoice["service_period"] == invoice["lines"][0]["service_period"] == MAY


def test_a_one_time_line_says_all_that_an_item_says(shop: Client, database: Database) -> None:
    factories.customer(database, shop.principal, id="ann")
    more = {
        "sku": "R-1",
        "description": "Second floor",
        "discount": 10,
        "supply": "SERVICES",
        "exemption_reason": "Letting of a dwelling",
        "service_period": MAY,
    }
    line = {"text": "Rent", "amount": 1_210, "vat_category": "E", **more}
    asked = {"customer_id": "ann", "handle": "h", "order_lines": [line], "delivery_date": "2026-05-31"}
    shop.ask(CREATE_INVOICE, input=asked)
    invoice = shop.ask(INVOICE, id="h")["invoice"]
    assert invoice["lines"] == [{**more, "total": 1_200}]
    assert (invoice["delivery_date"], invoice["service_period"]) == ("2026-05-31", None)


def test_a_period_that_ends_before_it_starts_is_named(shop: Client) -> None:
    backwards = {"start": "2026-05-31", "end": "2026-05-01"}
    (refusal,) = errors(
        shop.post(CREATE_ORDER, input={"billing_name": "A", "items": [item(service_period=backwards)]})
    )
    assert (refusal.code, refusal.field) == ("VALIDATION_ERROR", "items.0.service_period.end")
    (late,) = errors(shop.post(INVOICE_ITEMS, input={"items": ["rent"], "due_on": "soon"}))
    assert (late.code, late.field) == ("VALIDATION_ERROR", "due_on")
