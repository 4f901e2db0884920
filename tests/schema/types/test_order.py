"""What an order shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from invoicing.storage.database import Database
from tests.support import factories
from tests.support.client import INVOICE_ITEMS, RECORD, SHIP, Client, client
from tests.support.factories import item


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    return client(database, tmp_path)


def test_an_order_shows_its_items_totals_actions_and_invoices(shop: Client, database: Database) -> None:
    items = [item(id="a", quantity=3, unit_price=2_499), item(id="b", unit_price=109, vat_rate=9)]
    factories.order(database, shop.principal, id="o", items=items)
    shop.ask(SHIP, input={"order_id": "o", "items": [{"item_id": "a", "quantity": 1}]})
    shop.ask(INVOICE_ITEMS, input={"items": ["b"], "invoice_id": "v"})
    order = shop.ask(
        '{ order(id: "o") { status subtotal total total_excluding_vat vat { rate base amount } '
        "items { quantity status total vat { rate base amount } invoice { id } } "
        "actions { action ids } blocked { action id reason message } invoices { id } customer { id } } }"
    )["order"]
    assert (order["status"], order["customer"], order["invoices"]) == ("OPEN", None, [{"id": "v"}])
    assert (order["subtotal"], order["total"], order["total_excluding_vat"]) == (7_606, 7_606, 6_296)
    assert order["vat"] == [
        {"rate": 21, "base": 6_196, "amount": 1_301},
        {"rate": 9, "base": 100, "amount": 9},
    ]
    rest, part, other = order["items"]
    assert [(i["quantity"], i["status"]) for i in (rest, part, other)] == [
        (2, "OPEN"),
        (1, "SHIPPED"),
        (1, "OPEN"),
    ]
    assert sum(i["vat"]["base"] for i in (rest, part)) == 6_196
    assert [i["invoice"] for i in (rest, part, other)] == [None, None, {"id": "v"}]
    listed = {entry["action"]: entry["ids"] for entry in order["actions"]}
    assert listed["SHIP"] == ["a", "b"]
    assert len(listed["INVOICE"]) == 2
    told = [(entry["action"], entry["reason"]) for entry in order["blocked"]]
    assert told == [
        ("INVOICE", "ALREADY_INVOICED"),
        ("SHIP", "ALREADY_SHIPPED"),
        ("CANCEL", "ALREADY_SHIPPED"),
        ("RETURN", "NOT_SHIPPED"),
        ("RETURN", "NOT_SHIPPED"),
    ]
    assert all(entry["message"] for entry in order["blocked"])


def test_an_order_is_closed_once_all_is_shipped_invoiced_and_paid(shop: Client, database: Database) -> None:
    factories.order(database, shop.principal, id="o", items=[item(id="a")])
    states = []
    for step in (
        None,
        (SHIP, {"order_id": "o", "items": [{"item_id": "a"}]}),
        (INVOICE_ITEMS, {"items": ["a"]}),
        (RECORD, {"order_id": "o", "amount": 1_210, "method": "iDEAL", "idempotency_key": "k"}),
    ):
        if step is not None:
            shop.ask(step[0], input=step[1])
        states.append(shop.ask('{ order(id: "o") { status actions { action } } }')["order"])
    assert states == [
        {"status": "OPEN", "actions": [{"action": "INVOICE"}, {"action": "SHIP"}, {"action": "CANCEL"}]},
        {"status": "OPEN", "actions": [{"action": "INVOICE"}, {"action": "RETURN"}]},
        {"status": "OPEN", "actions": [{"action": "RETURN"}]},
        {"status": "CLOSED", "actions": [{"action": "RETURN"}]},
    ]


VAT: list[tuple[dict[str, Any], float, str]] = [
    ({"vat_rate": 5.5}, 5.5, "S"),
    ({"vat_rate": 0}, 0, "Z"),
    *(({"vat_category": category}, 0, category) for category in ("Z", "E", "AE", "K", "G", "O")),
    ({"vat_category": "S", "vat_rate": 0.01}, 0.01, "S"),
    ({}, 21, "S"),
]


def test_each_vat_category_has_its_rate(shop: Client) -> None:
    items = [{"name": "Mug", "quantity": 1, "unit_price": 100, **given} for given, _, _ in VAT]
    made = shop.ask(
        "mutation ($input: CreateOrderInput!) { createOrder(input: $input) "
        "{ order { items { vat { rate category base amount } } } } }",
        input={"billing_name": "Ann", "items": items},
    )
    lines = [line["vat"] for line in made["createOrder"]["order"]["items"]]
    assert [(line["rate"], line["category"]) for line in lines] == [told[1:] for told in VAT]
    assert {line["base"] + line["amount"] for line in lines} == {100}
