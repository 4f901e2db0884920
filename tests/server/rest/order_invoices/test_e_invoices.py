"""E-invoices over REST: which there are, the file, and what stands in its way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from documents.einvoice.formats import EInvoiceFormat
from documents.store import FileStore
from invoicing.access import Scope
from invoicing.storage.database import Database
from tests.support import factories
from tests.support.client import Client, client
from tests.support.einvoice_rules import broken_rules
from tests.support.einvoices import NL, SELLER
from tests.support.rendering import render_due
from tests.support.rest_door import Door, basic

ADDRESS = {"scheme": "0106", "value": "12345678"}
UPDATE = "mutation ($input: UpdateAccountInput!) { updateAccount(input: $input) { account { id } } }"


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    shop = client(database, tmp_path)
    shop.ask(UPDATE, input={**SELLER, "electronic_address": ADDRESS})
    return shop


@pytest.fixture
def door(shop: Client) -> Door:
    return Door(shop, {"accessToken": str(shop.token)})


def sold(shop: Client, **buyer: Any) -> str:
    """An invoice that has all that e-invoices need; returns its number. Its id is `sale`."""
    given = {"billing_address": NL, "electronic_address": ADDRESS, "buyer_reference": "R-1", **buyer}
    factories.customer(shop.database, shop.principal, id="ann", **given)
    return factories.one_time_invoice(shop.database, shop.principal, customer_id="ann", handle="sale").number


def test_an_invoices_e_invoices_are_named_with_their_links(door: Door, shop: Client) -> None:
    number = sold(shop)
    answer = door.ask("GET", "/invoices/sale/e-invoices")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    made = answer.json()["data"]
    assert [each["format"] for each in made] == [*EInvoiceFormat]
    assert all(each["problems"] == [] for each in made)
    link = made[0]["url"]
    assert link.endswith(f"/{number}.xml")
    assert (
        shop.without_key().request("GET", link).content
        == door.ask("GET", "/invoices/sale/e-invoices/PEPPOL_UBL").content
    )


@pytest.mark.parametrize("wanted", ["PEPPOL_UBL", "XRECHNUNG_UBL", "XRECHNUNG_CII"])
def test_a_file_is_named_by_the_number(door: Door, shop: Client, wanted: str) -> None:
    number = sold(shop)
    answer = door.ask("GET", f"/invoices/sale/e-invoices/{wanted}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/xml")
    assert answer.headers["content-disposition"] == f"attachment; filename*=utf-8''{number}.xml"
    assert number in etree.fromstring(answer.content).xpath("//*[local-name() = 'ID']/text()")
    assert {*broken_rules(answer.content)} <= {"FX-SCH-A-000556"}  # which says: this is no Factur-X


def test_what_cannot_be_said_is_refused_with_the_reasons(door: Door, shop: Client) -> None:
    sold(shop, buyer_reference=None, electronic_address=None)
    status, told = door.refused("GET", "/invoices/sale/e-invoices/PEPPOL_UBL")
    assert (status, told["success"]) == (409, False)
    assert [(each["rule"], each["field"]) for each in told["problems"]] == [
        ("PEPPOL-EN16931-R003", "customer.buyer_reference"),
        ("PEPPOL-EN16931-R010", "customer.electronic_address"),
    ]
    peppol, *_, factur_x = door.get("/invoices/sale/e-invoices")["data"]
    assert (peppol["url"], peppol["problems"]) == (None, told["problems"])
    assert factur_x["problems"] == []


def test_factur_x_is_the_pdf_once_it_is_there(door: Door, shop: Client, tmp_path: Path) -> None:
    number = sold(shop)
    answer = door.ask("GET", "/invoices/sale/e-invoices/FACTUR_X")
    assert (answer.status_code, answer.headers["retry-after"]) == (404, "2")
    assert answer.json()["message"] == "Its PDF is still being made"
    render_due(shop.database, FileStore(tmp_path / "documents"))
    answer = door.ask("GET", "/invoices/sale/e-invoices/FACTUR_X")
    assert (answer.status_code, answer.headers["cache-control"]) == (303, "no-store")
    assert answer.headers["location"].endswith(f"/{number}.pdf")
    assert shop.without_key().request("GET", answer.headers["location"]).content.startswith(b"%PDF")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/invoices/other/e-invoices", "Invoice not found"),
        ("/invoices/a%20b/e-invoices/PEPPOL_UBL", "Invoice not found"),
        ("/invoices/sale/e-invoices/peppol", "There is no such format: it is one of PEPPOL_UBL, "),
        ("/invoices/sale", "There is nothing at this path."),
    ],
)
def test_what_is_not_there_is_refused(door: Door, shop: Client, path: str, message: str) -> None:
    sold(shop)
    status, told = door.refused("GET", path)
    assert (status, told["success"]) == (404, False)
    assert told["message"].startswith(message)


def test_others_see_nothing_of_it(shop: Client) -> None:
    sold(shop)
    neighbour = Door(shop, {"accessToken": str(shop.neighbour().token)})
    assert neighbour.refused("GET", "/invoices/sale/e-invoices/PEPPOL_UBL")[0] == 404
    assert Door(shop, {}).refused("GET", "/invoices/sale/e-invoices")[0] == 401
    writer = Door(shop, {"accessToken": str(shop.limited_to(Scope.INVOICES_WRITE).token)})
    status, told = writer.refused("GET", "/invoices/sale/e-invoices")
    assert (status, "invoices:read" in told["message"]) == (403, True)


def test_answers_with_an_invoice_say_where_its_e_invoices_are(door: Door, shop: Client) -> None:
    sold(shop)
    reepay = Door(shop, basic(str(shop.token)))
    factories.order(shop.database, shop.principal, id="o")
    made = door.ask("POST", "/invoices", {"orderId": "o"})
    refund = {
        "invoice": "sale",
        "amount": 100,
        "manual_transfer": {"method": "cash", "payment_date": "2025-06-02"},
    }
    reepay.post("/v1/invoice/sale/manual_settle", {"method": "cash", "payment_date": "2025-06-02"})
    credit = reepay.post("/v1/refund", refund)["id"]
    for answer, id in (
        (made, made.json()["data"]["id"]),
        (reepay.ask("GET", "/v1/invoice/sale"), "sale"),
        (reepay.ask("GET", f"/v1/credit_note/{credit}"), credit),
    ):
        assert answer.headers["link"] == f'</invoices/{id}/e-invoices>; rel="alternate"; title="E-invoices"'
        assert len(door.get(f"/invoices/{id}/e-invoices")["data"]) == len(EInvoiceFormat)
