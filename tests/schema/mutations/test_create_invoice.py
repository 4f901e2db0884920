"""One-time invoices over GraphQL, from the request to the paper and back by a credit."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from documents.store import FileStore
from invoicing.storage.database import Database
from server.workers.pdf import PdfWorker
from tests.support import factories
from tests.support.client import CREATE_INVOICE, CREDIT, INVOICE_ORDER, Client, client, data, errors
from tests.support.factories import ADDRESS, order_line

MAX_AMOUNT = 2**53 - 1
INVOICE = """
query ($id: String!) { invoice(id: $id) {
  id handle number type state currency is_including_vat total_ex_vat total_vat total issued_on due_on
  lines { id order_item_id order_id name quantity unit unit_price total vat { rate category base amount } }
  vat { rate category base amount } orders { id } customer { id }
  buyer { name vat_number address { organisation locality } } shipping_address { locality }
  purchase_order_number cost_center note metadata credited_by { id } pdf_status pdf_url
} }
"""


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    client_of_ours = client(database, tmp_path)
    factories.customer(
        database,
        client_of_ours.principal,
        id="ann",
        handle="ann-1",
        vat_number="NL123456782B01",
        billing_address=ADDRESS,
    )
    return client_of_ours


def asked(**values: Any) -> dict[str, Any]:
    return {"customer_id": "ann", "handle": "h", "order_lines": [order_line()], **values}


FULL = asked(
    order_lines=[
        order_line(text="Plan", amount=10_000, quantity=2, amount_incl_vat=False, unit="HUR"),
        order_line(text="Book", amount=2_000, vat_rate=9, amount_incl_vat=False),
        order_line(text="Rebate", amount=-1_500, vat_rate=21, vat_category="S", amount_incl_vat=False),
    ],
    currency="EUR",
    billing_address={"organisation": "Holding", "locality": "Delft"},
    shipping_address={"locality": "Leeds"},
    cost_center="4210",
    purchase_order_number="PO-7",
    note="Thank you.",
    due_on="2199-12-31",
    metadata={"project": 7},
)


def test_everything_that_is_asked_for_is_on_the_invoice(shop: Client) -> None:
    made = shop.ask(CREATE_INVOICE, input=FULL)["createInvoice"]["invoice"]
    invoice = shop.ask(INVOICE, id="h")["invoice"]
    assert (made["id"], made["number"]) == (invoice["id"], invoice["number"])
    assert (invoice["handle"], invoice["type"], invoice["state"]) == ("h", "INVOICE", "PENDING")
    assert (invoice["total_ex_vat"], invoice["total_vat"], invoice["total"]) == (20_500, 4_065, 24_565)
    assert invoice["vat"] == [
        {"rate": 21, "category": "S", "base": 18_500, "amount": 3_885},
        {"rate": 9, "category": "S", "base": 2_000, "amount": 180},
    ]
    assert invoice["buyer"] == {
        "name": "Holding",
        "vat_number": "NL123456782B01",
        "address": {"organisation": "Holding", "locality": "Delft"},
    }
    assert (invoice["shipping_address"], invoice["customer"]) == ({"locality": "Leeds"}, {"id": "ann"})
    for name in ("currency", "cost_center", "purchase_order_number", "note", "due_on", "metadata"):
        assert invoice[name] == FULL[name]
    lines = invoice["lines"]
    assert [(line["name"], line["quantity"], line["unit"]) for line in lines] == [
        ("Plan", 2, "HUR"),
        ("Book", 1, "C62"),
        ("Rebate", 1, "C62"),
    ]
    assert {(line["order_id"], line["order_item_id"]) for line in lines} == {(None, None)}
    assert (invoice["orders"], invoice["credited_by"], invoice["is_including_vat"]) == ([], [], False)


def test_its_paper_is_made_and_says_so_too(shop: Client, tmp_path: Path) -> None:
    shop.ask(CREATE_INVOICE, input=FULL)
    store = FileStore(tmp_path / "documents")
    assert asyncio.run(PdfWorker(shop.database, store).drain()) == 1
    invoice = shop.ask(INVOICE, id="h")["invoice"]
    paper = shop.request("GET", invoice["pdf_url"])
    text = PdfReader(io.BytesIO(paper.content)).pages[0].extract_text()
    for words in ("Holding", "Delft", "Leeds", "4210", "PO-7", "Thank you.", "Rebate", invoice["number"]):
        assert words in text


def test_it_is_listed_filtered_and_searched(shop: Client) -> None:
    factories.invoice(shop.database, shop.principal)
    shop.ask(CREATE_INVOICE, input=FULL)
    for given in (
        "",
        '(filter: {handle: "h"})',
        '(filter: {search: "holdi"})',
        '(filter: {customer_id: "ann"})',
    ):
        page = shop.ask(f"{{ invoices{given} {{ totalCount nodes {{ id orders {{ id }} }} }} }}")["invoices"]
        assert {"id": "h", "orders": []} in page["nodes"]
        assert page["totalCount"] == (1 if given else 2)


def test_it_is_credited_by_quantity_by_amount_and_whole(shop: Client) -> None:
    shop.ask(CREATE_INVOICE, input=FULL)
    plan, book, _ = (line["id"] for line in shop.ask(INVOICE, id="h")["invoice"]["lines"])
    totals = [
        shop.ask(CREDIT, input={"invoice_id": "h", **part})["creditInvoice"]["invoice"]["total"]
        for part in (
            {"lines": [{"line_id": plan, "quantity": 1}]},
            {"lines": [{"line_id": book, "amount": 500}]},
            {},
        )
    ]
    assert totals == [-12_100, -545, -(24_565 - 12_100 - 545)]
    assert shop.refused(CREDIT, input={"invoice_id": "h"}).code == "NOTHING_TO_CREDIT"
    assert len(shop.ask(INVOICE, id="h")["invoice"]["credited_by"]) == 3


LINE = {"text": "A", "amount": 1}
NET = {**LINE, "amount_incl_vat": False}
LARGE = {**LINE, "amount": MAX_AMOUNT}
REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"order_lines": []}, "VALIDATION_ERROR", "order_lines"),
    ({"order_lines": [LINE] * 1_001}, "VALIDATION_ERROR", "order_lines"),
    ({"order_lines": [LINE, {"text": "A", "amount": 1.0000001}]}, "VALIDATION_ERROR", "order_lines.1.amount"),
    ({"order_lines": [LINE, LINE, {"text": "", "amount": 1}]}, "VALIDATION_ERROR", "order_lines.2.text"),
    ({"order_lines": [{**LINE, "amount": -1}]}, "NEGATIVE_TOTAL", "order_lines"),
    ({"order_lines": [LINE, NET]}, "MIXED_VAT_MODES", "order_lines.1.amount_incl_vat"),
    ({"order_lines": [{**LARGE, "quantity": 2}]}, "AMOUNT_TOO_LARGE", "order_lines.0.amount"),
    ({"order_lines": [LARGE, LARGE]}, "AMOUNT_TOO_LARGE", "order_lines"),
    ({"handle": "a b"}, "VALIDATION_ERROR", "handle"),
    ({"handle": "taken"}, "DUPLICATE_HANDLE", "handle"),
    ({"handle": "keyed", "idempotency_key": "k"}, "IDEMPOTENCY_KEY_REUSED", "idempotency_key"),
    ({"idempotency_key": ""}, "MALFORMED_ID", "idempotency_key"),
    ({"customer_id": "no"}, "CUSTOMER_NOT_FOUND", "customer_id"),
    ({"customer_id": None, "customer_handle": "no"}, "CUSTOMER_NOT_FOUND", "customer_handle"),
    ({"customer_id": None}, "VALIDATION_ERROR", "customer_id"),
    ({"customer_handle": "ann-1"}, "VALIDATION_ERROR", "customer_id"),
    ({"due_on": "2000-01-01"}, "VALIDATION_ERROR", "due_on"),
    ({"due_on": "tomorrow"}, "VALIDATION_ERROR", "due_on"),
    ({"metadata": {"a": "x" * 20_000}}, "VALIDATION_ERROR", "metadata"),
    ({"metadata": []}, "VALIDATION_ERROR", "metadata"),
    ({"currency": "eur"}, "VALIDATION_ERROR", "currency"),
]  # fmt: skip


def test_a_refusal_names_its_reason_and_the_field(shop: Client) -> None:
    factories.invoice(shop.database, shop.principal, invoice_id="taken")
    shop.ask(CREATE_INVOICE, input=asked(handle="keyed", idempotency_key="k", note="Another"))
    for values, code, field in REFUSED:
        refusal = shop.refused(CREATE_INVOICE, input=asked(**values))
        assert (refusal.code, refusal.field) == (code, field), refusal
    assert shop.ask("{ invoices { totalCount } }")["invoices"]["totalCount"] == 2


def test_twenty_retries_over_http_get_the_same_invoice(shop: Client) -> None:
    answers = shop.posts(
        CREATE_INVOICE, [asked(idempotency_key="k", customer_id=None, customer_handle="ann-1")] * 20
    )
    assert len({answer.text for answer in answers}) == 1
    assert data(answers[0])["createInvoice"]["invoice"]["id"] == "h"


def test_of_twenty_without_a_key_one_wins_and_no_number_is_lost(shop: Client) -> None:
    answers = shop.posts(CREATE_INVOICE, [asked()] * 20)
    refusals = [refusal for answer in answers if "errors" in answer.json() for refusal in errors(answer)]
    assert {(refusal.code, refusal.field) for refusal in refusals} == {("DUPLICATE_HANDLE", "handle")}
    assert len(refusals) == 19
    order = factories.order(shop.database, shop.principal)
    issued = shop.ask(INVOICE_ORDER, input={"order_id": order.id})["invoiceOrder"]["invoice"]
    assert issued["number"].endswith("00002")
