"""The guide “Invoice an order”, step by step, with its documents as its clients send them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from documents.links import Links
from invoicing.storage.database import Database
from invoicing.storage.tables import documents
from tests.support import factories
from tests.support.client import BASE_URL, Client, client
from tests.support.factories import item

ACTIONS = "query getOrderActions($id: String!) { order(id: $id) { id actions { action ids } } }"
INVOICE_ITEMS = (
    "mutation InvoiceItems($input: InvoiceItemsInput!) "
    "{ invoiceItems(input: $input) { invoice { id number total currency } } }"
)
INVOICE = """
query Invoice($id: String!) {
  invoice(id: $id) {
    id number currency total subtotal total_ex_vat total_vat is_including_vat created_at issued_on due_on
    lines { name sku quantity unit_price discount total total_ex_vat vat { rate category base amount } }
    vat { rate category base amount }
    orders { id number }
    pdf_url pdf_status
  }
}
"""


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    return client(database, tmp_path)


def invoiceable(shop: Client, order_id: str) -> list[str]:
    found = shop.ask(ACTIONS, id=order_id)["order"]["actions"]
    return [id for entry in found if entry["action"] == "INVOICE" for id in entry["ids"]]


def test_an_order_is_invoiced_as_the_guide_says(shop: Client, database: Database) -> None:
    items = [item(id="mug", sku="M-1", quantity=3, unit_price=2_499), item(id="pot", unit_price=100)]
    factories.order(database, shop.principal, id="order-1", number="1001", items=items)

    assert shop.ask(ACTIONS, id="order-1")["order"] == {
        "id": "order-1",
        "actions": [{"action": action, "ids": ["mug", "pot"]} for action in ("INVOICE", "SHIP", "CANCEL")],
    }

    made = shop.ask(INVOICE_ITEMS, input={"items": ["mug"]})["invoiceItems"]["invoice"]
    assert made == {"id": made["id"], "number": made["number"], "total": 7_497, "currency": "EUR"}
    assert invoiceable(shop, "order-1") == ["pot"]

    invoice = shop.ask(INVOICE, id=made["id"])["invoice"]
    assert (invoice["total"], invoice["total_ex_vat"], invoice["total_vat"]) == (7_497, 6_196, 1_301)
    assert (invoice["number"], invoice["is_including_vat"]) == (made["number"], True)
    assert invoice["lines"] == [
        {
            "name": "Mug",
            "sku": "M-1",
            "quantity": 3,
            "unit_price": 2_499,
            "discount": 0,
            "total": 7_497,
            "total_ex_vat": 6_196,
            "vat": {"rate": 21, "category": "S", "base": 6_196, "amount": 1_301},
        }
    ]
    assert invoice["vat"] == [{"rate": 21, "category": "S", "base": 6_196, "amount": 1_301}]
    assert invoice["orders"] == [{"id": "order-1", "number": "1001"}]


def test_items_wait_for_shipment_where_the_order_says_so(shop: Client, database: Database) -> None:
    factories.order(database, shop.principal, id="o", items=[item(id="mug")], invoice_after_shipment=True)
    assert invoiceable(shop, "o") == []
    refusal = shop.refused(INVOICE_ITEMS, input={"items": ["mug"]})
    assert (refusal.code, refusal.ids, refusal.path) == ("ITEM_NOT_SHIPPED", ["mug"], ["invoiceItems"])
    ship = 'mutation { shipOrderItems(input: {order_id: "o", items: [{item_id: "mug"}]}) { order { id } } }'
    shop.ask(ship)
    assert invoiceable(shop, "o") == ["mug"]


def test_orders_of_one_customer_share_an_invoice_under_the_callers_id(
    shop: Client, database: Database
) -> None:
    buyer = factories.customer(database, shop.principal)
    for place, id in enumerate(("first", "second")):
        moment = factories.NOW + timedelta(days=place)
        factories.order(
            database, shop.principal, id=id, customer_id=buyer.id, items=[item(id=f"{id}-mug")], now=moment
        )
    input = {"items": ["second-mug", "first-mug"], "invoice_id": "my-invoice"}
    made = shop.ask(INVOICE_ITEMS, input=input)["invoiceItems"]["invoice"]
    assert made["id"] == "my-invoice"
    assert shop.ask(INVOICE_ITEMS, input=input)["invoiceItems"]["invoice"] == made
    orders = shop.ask(INVOICE, id="my-invoice")["invoice"]["orders"]
    assert [order["id"] for order in orders] == ["first", "second"]
    refusal = shop.refused(INVOICE_ITEMS, input={"items": ["first-mug"]})
    assert (refusal.code, refusal.field, refusal.ids) == ("ITEM_ALREADY_INVOICED", "items", ["first-mug"])


def test_the_pdf_url_is_null_until_the_document_exists_and_then_a_link(
    shop: Client, database: Database
) -> None:
    issued = factories.invoice(database, shop.principal)
    waiting = shop.ask(INVOICE, id=issued.id)["invoice"]
    assert (waiting["pdf_url"], waiting["pdf_status"]) == (None, "PENDING")
    row = {
        "account_id": shop.principal.account_id,
        "invoice_id": issued.id,
        "kind": "pdf",
        "key": "some/key.pdf",
        "size": 1,
        "sha256": "0" * 64,
        "created_at": factories.NOW,
    }
    database.write(lambda connection: connection.execute(insert(documents).values(row)))
    ready = shop.ask(INVOICE, id=issued.id)["invoice"]
    assert ready["pdf_status"] == "READY"
    base, name = ready["pdf_url"].rsplit("/", 1)
    assert (base.rsplit("/", 1)[0], name) == (f"{BASE_URL}/documents", f"{issued.number}.pdf")
    links = Links("s" * 32, BASE_URL, 600)
    assert links.read_token(base.rsplit("/", 1)[1]) == ("some/key.pdf", name)


def test_ids_are_strings_or_ids_as_clients_declare_them(shop: Client, database: Database) -> None:
    factories.order(database, shop.principal, id="o")
    refusal = shop.refused("query ($id: ID!) { order(id: $id) { id } }", id="o")
    assert refusal.code == "GRAPHQL_VALIDATION_FAILED"
    assert shop.ask("query ($id: String!) { order(id: $id) { id } }", id="o") == {"order": {"id": "o"}}
