"""E-invoices over GraphQL: a link to the file, or what stands in its way."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from lxml import etree
from sqlalchemy import update

from documents.store import FileStore
from invoicing.storage.database import Database
from invoicing.storage.tables import documents
from tests.support import factories
from tests.support.client import BASE_URL, Client, client
from tests.support.einvoice_rules import broken_rules
from tests.support.einvoices import NL, SELLER
from tests.support.factories import item
from tests.support.pdfa import e_invoice_in
from tests.support.rendering import render_due

ADDRESS = {"scheme": "0106", "value": "8765 4321"}
E_INVOICES = "{ invoice(id: $id) { number total e_invoices { format url problems { rule field message } } } }"


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    """A shop that takes e-invoices at 0106:12345678, and its customer `ann`, who takes them too."""
    shop = client(database, tmp_path)
    values = {**SELLER, "electronic_address": {"scheme": "0106", "value": "12345678"}}
    shop.ask("mutation ($i: UpdateAccountInput!) { updateAccount(input: $i) { account { id } } }", i=values)
    factories.customer(
        database, shop.principal, id="ann", name="Ann's", billing_address=NL, electronic_address=ADDRESS
    )
    return shop


def invoiced(shop: Client, **order: Any) -> dict[str, Any]:
    values = {"id": "o", "customer_id": "ann", "items": [item(id="a", unit_price=1_210)], **order}
    shop.ask("mutation ($i: CreateOrderInput!) { createOrder(input: $i) { order { id } } }", i=values)
    shop.ask('mutation { invoiceOrder(input: {order_id: "o", invoice_id: "v"}) { invoice { id } } }')
    found: dict[str, Any] = shop.ask(f"query ($id: String!) {E_INVOICES}", id="v")["invoice"]
    return found


def test_every_format_is_a_link_to_a_file_that_breaks_no_rule(shop: Client) -> None:
    invoice = invoiced(shop, buyer_reference="REF-7")
    made = {each["format"]: each for each in invoice["e_invoices"]}
    assert list(made) == ["PEPPOL_UBL", "XRECHNUNG_UBL", "XRECHNUNG_CII", "FACTUR_X"]
    assert made.pop("FACTUR_X") == {"format": "FACTUR_X", "url": None, "problems": []}  # no PDF yet
    for each in made.values():
        assert each["problems"] == []
        assert each["url"].startswith(f"{BASE_URL}/documents/")
        answer = shop.without_key().request("GET", urlsplit(each["url"]).path)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/xml")
        assert (
            answer.headers["content-disposition"]
            == "attachment; filename*=utf-8''" + f"{invoice['number']}.xml"
        )
        assert {*broken_rules(answer.content)} <= {"FX-SCH-A-000556"}
        root = etree.fromstring(answer.content)
        said = root.findtext(".//{*}TaxInclusiveAmount") or root.findtext(".//{*}GrandTotalAmount")
        assert said == f"{invoice['total'] / 100:.2f}"
        assert root.xpath("string(//*[local-name()='EndpointID' or local-name()='URIID'][.='87654321'])")


def test_what_is_missing_is_told_and_there_is_no_link(shop: Client) -> None:
    peppol, *_ = invoiced(shop)["e_invoices"]
    assert peppol == {
        "format": "PEPPOL_UBL",
        "url": None,
        "problems": [
            {
                "rule": "PEPPOL-EN16931-R003",
                "field": "customer.buyer_reference",
                "message": "Peppol needs the buyer's reference or the number of their purchase order.",
            }
        ],
    }


def test_the_preview_tells_the_same_before_it_is_issued(shop: Client) -> None:
    values = {"id": "o", "customer_id": "ann", "items": [item(id="a")]}
    shop.ask("mutation ($i: CreateOrderInput!) { createOrder(input: $i) { order { id } } }", i=values)
    asked = '{ invoicePreview(input: {items: ["a"]}) { e_invoice_problems(format: XRECHNUNG_CII) { rule } } }'
    found = shop.ask(asked)["invoicePreview"]["e_invoice_problems"]
    assert found == [{"rule": "BR-DE-15"}]


def test_one_format_can_be_asked_for(shop: Client) -> None:
    invoiced(shop, buyer_reference="REF-7")
    asked = '{ invoice(id: "v") { e_invoice(format: XRECHNUNG_UBL) { format url } } }'
    made = shop.ask(asked)["invoice"]["e_invoice"]
    assert (made["format"], bool(made["url"])) == ("XRECHNUNG_UBL", True)


FACTUR_X = '{ invoice(id: "v") { pdf_url e_invoice(format: FACTUR_X) { url problems { rule field } } } }'


def test_factur_x_is_the_pdf_once_it_is_there(shop: Client, store: FileStore) -> None:
    invoiced(shop)
    render_due(shop.database, store)
    made = shop.ask(FACTUR_X)["invoice"]["e_invoice"]
    assert made["problems"] == []
    answer = shop.without_key().request("GET", urlsplit(made["url"]).path)
    assert answer.headers["content-type"] == "application/pdf"
    xml = e_invoice_in(answer.content)
    assert xml is not None
    assert broken_rules(xml) == []


def test_a_pdf_that_was_made_before_carries_no_e_invoice_until_it_is_made_again(
    shop: Client, store: FileStore
) -> None:
    invoiced(shop)
    render_due(shop.database, store)
    shop.database.write(lambda connection: connection.execute(update(documents).values(has_e_invoice=False)))
    old = shop.ask(FACTUR_X)["invoice"]
    assert old["pdf_url"]
    assert old["e_invoice"] == {
        "url": None,
        "problems": [{"rule": "FACTUR-X", "field": "invoice.pdf_url"}],
    }
    shop.ask('mutation { retryInvoicePdf(input: {invoice_id: "v"}) { invoice { id } } }')
    assert shop.ask(FACTUR_X)["invoice"]["e_invoice"] == {"url": None, "problems": []}
    render_due(shop.database, store)
    assert shop.ask(FACTUR_X)["invoice"]["e_invoice"]["url"]


@pytest.mark.parametrize(
    ("scheme", "value", "field"),
    [
        ("9999", "1", "electronic_address.scheme"),
        ("0106", "123", "electronic_address.value"),
        ("0208", "2428759497", "electronic_address.value"),
        ("0198", "13585628", "electronic_address.value"),
        ("EM", "nobody", "electronic_address.value"),
        ("0007", " ", "electronic_address.value"),
    ],
)
def test_an_address_that_is_none_is_refused(shop: Client, scheme: str, value: str, field: str) -> None:
    update = "mutation ($i: UpdateCustomerInput!) { updateCustomer(input: $i) { customer { id } } }"
    given = {"id": "ann", "electronic_address": {"scheme": scheme, "value": value}}
    refusal = shop.refused(update, i=given)
    assert (refusal.code, refusal.field) == ("VALIDATION_ERROR", field)


def test_addresses_are_shown_and_taken_away(shop: Client) -> None:
    asked = (
        "{ account { electronic_address { scheme value } } "
        'customer(id: "ann") { electronic_address { value } } }'
    )
    assert shop.ask(asked) == {
        "account": {"electronic_address": {"scheme": "0106", "value": "12345678"}},
        "customer": {"electronic_address": {"value": "87654321"}},
    }
    shop.ask('mutation { updateCustomer(input: {id: "ann", electronic_address: null}) { customer { id } } }')
    assert shop.ask('{ customer(id: "ann") { electronic_address { value } } }') == {
        "customer": {"electronic_address": None}
    }
