"""What an invoice and its preview show."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from invoicing.storage.database import Database
from tests.support import factories
from tests.support.client import Client, client
from tests.support.factories import item

MONEY = (
    "{ subtotal total_ex_vat total_vat total vat { rate category base amount } lines "
    "{ name quantity unit_price discount subtotal total total_ex_vat vat { rate category base amount } } }"
)


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    return client(database, tmp_path)


def test_an_invoice_shows_parties_and_who_made_it(shop: Client, database: Database) -> None:
    factories.customer(
        database,
        shop.principal,
        id="ann",
        name="Ann",
        vat_number="NL123456782B01",
        billing_address={"locality": "Delft"},
    )
    factories.order(database, shop.principal, id="o", customer_id="ann", purchase_order_number="PO-1")
    order = shop.ask('mutation { invoiceOrder(input: {order_id: "o", invoice_id: "v"}) { invoice { id } } }')
    assert order["invoiceOrder"]["invoice"]["id"] == "v"
    shop.ask('mutation { updateCustomer(input: {id: "ann", name: "Anna"}) { customer { id } } }')
    invoice = shop.ask(
        '{ invoice(id: "v") { handle type state seller { name address { locality } } '
        "buyer { name vat_number address { locality } } customer { name } purchase_order_number "
        "created_by { id name type } } }"
    )["invoice"]
    actor = shop.principal.actor
    assert invoice == {
        "handle": "v",
        "type": "INVOICE",
        "state": "PENDING",
        "seller": {"name": "Mug & Co", "address": {"locality": "Amsterdam"}},
        "buyer": {"name": "Ann", "vat_number": "NL123456782B01", "address": {"locality": "Delft"}},
        "customer": {"name": "Anna"},
        "purchase_order_number": "PO-1",
        "created_by": {"id": actor.id, "name": "Back office", "type": "api_key"},
    }


def test_an_invoice_says_what_a_payment_quotes(shop: Client, database: Database) -> None:
    mutation = (
        "mutation ($id: String!) { invoiceOrder(input: {order_id: $id}) "
        "{ invoice { number payment_reference } } }"
    )
    dutch = factories.order(database, shop.principal)
    euros = shop.ask(mutation, id=dutch.id)["invoiceOrder"]["invoice"]
    assert euros["payment_reference"] == euros["number"]
    shop.ask('mutation { updateAccount(input: {iban: "CH44 3199 9123 0008 8901 2"}) { account { iban } } }')
    swiss = factories.order(database, shop.principal, currency="CHF")
    francs = shop.ask(mutation, id=swiss.id)["invoiceOrder"]["invoice"]
    assert re.fullmatch(r"20\d\d0{21}2\d", francs["payment_reference"])


@pytest.mark.parametrize(
    ("currency", "price", "quantity"),
    [("JPY", 2_499, 3), ("EUR", 2_499, 3), ("KWD", 2_499, 3), ("EUR", 2**31 + 1, 2), ("KWD", 2**53 - 1, 1)],
)
@pytest.mark.parametrize("including_vat", [True, False])
def test_a_preview_is_to_the_cent_what_is_then_issued(
    shop: Client, database: Database, currency: str, price: int, quantity: int, including_vat: bool
) -> None:
    if price == 2**53 - 1 and not including_vat:
        price = 2**52
    items = [item(id="a", quantity=quantity, unit_price=price), item(id="z", unit_price=0, vat_category="E")]
    factories.order(database, shop.principal, items=items, currency=currency, is_including_vat=including_vat)
    query = f"query ($input: InvoiceItemsInput!) {{ invoicePreview(input: $input) {MONEY} }}"
    preview = shop.ask(query, input={"items": ["a", "z"]})["invoicePreview"]
    assert shop.ask("{ invoices { totalCount } }")["invoices"]["totalCount"] == 0
    mutation = (
        f"mutation ($input: InvoiceItemsInput!) {{ invoiceItems(input: $input) {{ invoice {MONEY} }} }}"
    )
    issued = shop.ask(mutation, input={"items": ["a", "z"]})["invoiceItems"]["invoice"]
    assert issued == preview
    assert issued["total_ex_vat"] + issued["total_vat"] == issued["total"]
    assert (issued["total"] if including_vat else issued["total_ex_vat"]) == price * quantity
    assert [row["category"] for row in issued["vat"]] == ["S", "E"]
    if price == 2_499 and including_vat:
        assert (issued["total"], issued["total_ex_vat"], issued["total_vat"]) == (7_497, 6_196, 1_301)
