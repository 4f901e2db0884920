"""Exchange rates over GraphQL, and the invoices that use them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from invoicing.storage.database import Database
from tests.support import factories
from tests.support.client import CREATE_INVOICE, INVOICE_ITEMS, Client, client
from tests.support.factories import item, order_line

SET = "mutation ($input: SetExchangeRatesInput!) { setExchangeRates(input: $input) { count } }"
TAX = "tax_currency total_vat_in_tax_currency exchange_rate"
INVOICE = f"query ($id: String!) {{ invoice(id: $id) {{ {TAX} }} }}"
PREVIEW = f"query ($input: InvoiceItemsInput!) {{ invoicePreview(input: $input) {{ {TAX} }} }}"


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    shop = client(database, tmp_path)
    factories.customer(database, shop.principal, id="ann")
    return shop


def rate(**values: Any) -> dict[str, Any]:
    return {"date": "2025-06-02", "currency": "USD", "rate": "1.0800", **values}


def test_rates_are_kept_and_used(shop: Client, database: Database) -> None:
    for _ in range(2):
        asked = [rate(), rate(currency="JPY", rate="160"), rate()]
        assert shop.ask(SET, input={"rates": asked})["setExchangeRates"] == {"count": 2}
    factories.order(database, shop.principal, currency="USD", items=[item(id="i")], customer_id="ann")
    expected = {"tax_currency": "EUR", "total_vat_in_tax_currency": 194, "exchange_rate": "1.08"}
    assert shop.ask(PREVIEW, input={"items": ["i"]})["invoicePreview"] == expected
    shop.ask(INVOICE_ITEMS, input={"items": ["i"], "invoice_id": "v", "exchange_rate": "2"})
    assert shop.ask(INVOICE, id="v")["invoice"] == {
        **expected,
        "total_vat_in_tax_currency": 105,
        "exchange_rate": "2",
    }
    one = {"customer_id": "ann", "handle": "h", "currency": "JPY", "order_lines": [order_line()]}
    shop.ask(CREATE_INVOICE, input=one)
    assert shop.ask(INVOICE, id="h")["invoice"]["total_vat_in_tax_currency"] == 131


def test_the_tax_currency_is_the_countrys_or_the_one_that_was_set(shop: Client) -> None:
    assert shop.ask("{ account { tax_currency } }")["account"] == {"tax_currency": "EUR"}
    update = (
        "mutation ($to: Currency) { updateAccount(input: {tax_currency: $to}) { account { tax_currency } } }"
    )
    for to, becomes in (("SEK", "SEK"), (None, "EUR")):
        assert shop.ask(update, to=to)["updateAccount"]["account"] == {"tax_currency": becomes}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"currency": "EUR"}, "currency"),
        ({"currency": "XXX"}, "currency"),
        ({"rate": "0"}, "rate"),
        ({"rate": "-1.1"}, "rate"),
        ({"rate": "1,1"}, "rate"),
        ({"date": "2999-01-01"}, "date"),
    ],
)
def test_a_rate_that_cannot_be_is_named_and_none_is_kept(
    shop: Client, wrong: dict[str, str], field: str
) -> None:
    refusal = shop.refused(SET, input={"rates": [rate(), rate(**wrong)]})
    assert (refusal.code, refusal.field) == ("VALIDATION_ERROR", f"rates.1.{field}")
    one = {"customer_id": "ann", "handle": "h", "currency": "USD", "order_lines": [order_line()]}
    shop.ask(CREATE_INVOICE, input=one)
    assert shop.ask(INVOICE, id="h")["invoice"]["exchange_rate"] is None
