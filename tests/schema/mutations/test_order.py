"""Orders are made, changed and shipped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from invoicing.storage.database import Database
from resolvers.orders import MANY
from tests.support import factories
from tests.support.client import (
    CREATE_CUSTOMER,
    INVOICE_ORDER,
    SHIP,
    Client,
    client,
)
from tests.support.factories import item


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    return client(database, tmp_path)


def test_an_order_is_made_and_changed(shop: Client) -> None:
    shop.ask(CREATE_CUSTOMER, input={"id": "c", "name": "Ann"})
    fields = (
        "{ id number currency is_including_vat customer { id } billing_name delivery_date buyer_reference "
        "shipping_address { country_code } metadata "
        "items { id type name quantity unit_price discount supply } }"
    )
    create = f"mutation ($input: CreateOrderInput!) {{ createOrder(input: $input) {{ order {fields} }} }}"
    given = {
        "id": "o",
        "number": "N-1",
        "currency": "JPY",
        "is_including_vat": False,
        "billing_name": "Ann's firm",
        "delivery_date": "2025-06-09",
        "buyer_reference": "R",
        "shipping_address": {"country_code": "BE"},
        "metadata": {"channel": "web"},
        "items": [
            {
                "id": "a",
                "type": "SHIPPING",
                "name": "Post",
                "quantity": 2,
                "unit_price": 2**40,
                "discount": 5,
                "supply": "SERVICES",
            }
        ],
    }
    made = shop.ask(create, input={**given, "customer_id": "c"})["createOrder"]["order"]
    assert made == {**given, "customer": {"id": "c"}}
    update = f"mutation ($input: UpdateOrderInput!) {{ updateOrder(input: $input) {{ order {fields} }} }}"
    changes = {"id": "o", "number": "N-2", "delivery_date": None, "metadata": None}
    changed = shop.ask(update, input=changes)["updateOrder"]["order"]
    assert changed == {**made, **changes, "metadata": {}}


def test_a_shipment_answers_with_what_was_shipped(shop: Client, database: Database) -> None:
    given = [item(id="a", quantity=3, discount=10), item(id="b")]
    factories.order(database, shop.principal, id="o", items=given)
    ship = (
        "mutation ($input: ShipOrderItemsInput!) { shipOrderItems(input: $input) "
        "{ items { id quantity discount status shipped_at } order { status items { id quantity } } } }"
    )
    moment = "2025-06-01T10:00:00+02:00"
    input = {
        "order_id": "o",
        "shipped_at": moment,
        "items": [{"item_id": "a", "quantity": 1}, {"item_id": "b"}],
    }
    answer = shop.ask(ship, input=input)["shipOrderItems"]
    part, whole = answer["items"]
    assert (part["quantity"], part["discount"], part["status"]) == (1, 3, "SHIPPED")
    assert {part["shipped_at"], whole["shipped_at"]} == {"2025-06-01T08:00:00Z"}
    assert whole["id"] == "b"
    assert [(i["id"], i["quantity"]) for i in answer["order"]["items"]] == [
        ("a", 2),
        (part["id"], 1),
        ("b", 1),
    ]


def test_a_part_shipment_is_invoiced_by_invoice_order(shop: Client, database: Database) -> None:
    given = [item(id="a", quantity=2, unit_price=100)]
    factories.order(database, shop.principal, id="o", items=given, invoice_after_shipment=True)
    shop.ask(SHIP, input={"order_id": "o", "items": [{"item_id": "a", "quantity": 1}]})
    assert shop.ask(INVOICE_ORDER, input={"order_id": "o"})["invoiceOrder"]["invoice"]["total"] == 100
    assert shop.refused(INVOICE_ORDER, input={"order_id": "o"}).code == "NOTHING_TO_INVOICE"


@pytest.mark.parametrize("given", [{}, {"is_including_vat": None}, {"is_including_vat": False}])
def test_a_long_order_is_priced_like_a_short_one(shop: Client, given: dict[str, Any]) -> None:
    create = "mutation ($input: CreateOrderInput!) { createOrder(input: $input) { order { total } } }"
    lines = [item(quantity=n % 5 + 1, unit_price=99 + 7 * n) for n in range(MANY + 1)]

    def total(*items: dict[str, Any]) -> int:
        order = shop.ask(create, input={"billing_name": "Ann", "items": [*items], **given})
        made: int = order["createOrder"]["order"]["total"]
        return made

    net_or_gross = sum(each["quantity"] * each["unit_price"] for each in lines)
    whole = total(*lines)
    assert whole == (round(net_or_gross * 1.21) if given.get("is_including_vat") is False else net_or_gross)
    wrong = [*lines, item(quantity=0)]
    refusal = shop.refused(create, input={"billing_name": "Ann", "items": wrong})
    assert refusal.field == f"items.{MANY + 1}.quantity"
