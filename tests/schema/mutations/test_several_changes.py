"""Several changes in one request are made one after the other, and each answer shows what is so by then."""

from __future__ import annotations

from pathlib import Path

import pytest

from invoicing.storage.database import Database
from tests.support import factories
from tests.support.client import Client, client
from tests.support.factories import item


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    return client(database, tmp_path)


def test_each_change_shows_what_those_before_it_did(shop: Client, database: Database) -> None:
    factories.order(database, shop.principal, id="o", items=[item(id="a"), item(id="b")])
    order = "order { status actions { action ids } items { id status invoice { id } } }"
    answer = shop.ask(
        f"""mutation {{
          first: shipOrderItems(input: {{order_id: "o", items: [{{item_id: "a"}}]}}) {{ {order} }}
          second: invoiceItems(input: {{items: ["a"], invoice_id: "v"}}) {{ invoice {{ orders {{
            status actions {{ action ids }} items {{ id status invoice {{ id }} }} }} }} }}
          third: shipOrderItems(input: {{order_id: "o", items: [{{item_id: "b"}}]}}) {{ {order} }}
        }}"""
    )
    first, third = answer["first"]["order"], answer["third"]["order"]
    second = answer["second"]["invoice"]["orders"][0]
    assert [entry["ids"] for entry in first["actions"]] == [["a", "b"], ["b"], ["b"], ["a"]]
    assert [entry["ids"] for entry in second["actions"]] == [["b"], ["b"], ["b"], ["a"]]
    assert [entry["ids"] for entry in third["actions"]] == [["b"], ["a", "b"]]
    assert [each["status"] for each in third["items"]] == ["SHIPPED", "SHIPPED"]
    assert [each["invoice"] for each in second["items"]] == [{"id": "v"}, None]


def test_several_changes_in_one_document_happen_in_their_order(shop: Client) -> None:
    made = shop.ask(
        'mutation { first: createOrder(input: {id: "o", billing_name: "A", '
        'items: [{id: "a", name: "M", quantity: 1, unit_price: 1}]}) { order { id } } '
        'second: invoiceItems(input: {items: ["a"], invoice_id: "v"}) { invoice { id } } }'
    )
    assert made == {"first": {"order": {"id": "o"}}, "second": {"invoice": {"id": "v"}}}
