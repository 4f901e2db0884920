"""`pdf_warnings` says what the PDF that was made cannot show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from documents.store import FileStore
from invoicing.storage.database import Database
from tests.support import factories
from tests.support.client import CREATE_INVOICE, Client, client
from tests.support.rendering import render_due

MIAO = "Mug 𖼀"
WARNED = ["𖼀 (U+16F00) cannot be shown: the server has no font for it."]


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    """A shop that has invoiced its customer Ann for two things."""
    shop = client(database, tmp_path)
    factories.customer(database, shop.principal, handle="ann", name="Ann")
    for handle, name in (("plain", "Mug"), ("odd", MIAO)):
        line = {"text": name, "amount": 100, "vat_rate": 0}
        shop.ask(CREATE_INVOICE, input={"customer_handle": "ann", "handle": handle, "order_lines": [line]})
    return shop


def warnings(shop: Client) -> dict[str, Any]:
    nodes = shop.ask("{ invoices(first: 10) { nodes { lines { name } pdf_warnings } } }")["invoices"]["nodes"]
    return {node["lines"][0]["name"]: node["pdf_warnings"] for node in nodes}


def test_a_paper_that_shows_everything_has_no_warnings(shop: Client, store: FileStore) -> None:
    render_due(shop.database, store)
    assert warnings(shop) == {"Mug": [], MIAO: WARNED}


def test_there_are_no_warnings_before_there_is_a_paper(shop: Client, store: FileStore) -> None:
    assert warnings(shop) == {"Mug": [], MIAO: []}
    render_due(shop.database, store)
    shop.ask('mutation { retryInvoicePdf(input: {invoice_id: "odd"}) { invoice { id } } }')
    assert warnings(shop) == {"Mug": [], MIAO: []}
    render_due(shop.database, store)
    assert warnings(shop)[MIAO] == WARNED
