"""Items are invoiced: each once, also when fifty callers want them at the same time."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest

from invoicing.storage.database import Database
from tests.support import factories
from tests.support.client import (
    CREATE_ORDER,
    INVOICE_ITEMS,
    Client,
    client,
    data,
    errors,
)
from tests.support.factories import item


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    return client(database, tmp_path)


def test_of_fifty_callers_over_http_each_item_has_one_winner(shop: Client, database: Database) -> None:
    ids = [f"i{place}" for place in range(12)]
    factories.order(database, shop.principal, items=[item(id=id) for id in ids])
    inputs = [{"items": random.Random(caller).sample(ids, 3)} for caller in range(50)]
    answers = shop.posts(INVOICE_ITEMS, inputs)
    assert {answer.status_code for answer in answers} == {200}
    won = [
        input["items"] for input, answer in zip(inputs, answers, strict=True) if "errors" not in answer.json()
    ]
    refusals = [refusal for answer in answers if "errors" in answer.json() for refusal in errors(answer)]
    assert {refusal.code for refusal in refusals} == {"ITEM_ALREADY_INVOICED"}
    assert len(won) + len(refusals) == 50
    assert set(Counter(id for items in won for id in items).values()) == {1}
    found = shop.ask("{ invoices(first: 100) { nodes { number lines { order_item_id } } } }")["invoices"][
        "nodes"
    ]
    assert sorted(int(node["number"][-5:]) for node in found) == list(range(1, len(won) + 1))
    on_paper = sorted(sorted(line["order_item_id"] for line in node["lines"]) for node in found)
    assert on_paper == sorted(sorted(items) for items in won)


def test_fifty_retries_over_http_get_the_same_invoice(shop: Client, database: Database) -> None:
    factories.order(database, shop.principal, items=[item(id="a"), item(id="b")])
    answers = shop.posts(INVOICE_ITEMS, [{"items": ["a", "b"], "invoice_id": "mine"}] * 50)
    assert len({answer.text for answer in answers}) == 1
    assert data(answers[0])["invoiceItems"]["invoice"]["id"] == "mine"
    assert shop.ask("{ invoices { totalCount } }")["invoices"]["totalCount"] == 1


def test_guests_never_share_an_invoice(shop: Client) -> None:
    for id in ("a", "b"):
        shop.ask(CREATE_ORDER, input={"billing_name": "Ann", "items": [item(id=id)]})
    refusal = shop.refused(INVOICE_ITEMS, input={"items": ["a", "b"]})
    assert (refusal.code, refusal.ids) == ("MIXED_CUSTOMERS", ["b"])
