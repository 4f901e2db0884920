"""Several orders in one request: each is taken in and invoiced, or refused, by itself."""

from __future__ import annotations

from pathlib import Path
from threading import current_thread
from typing import Any

import pytest

from invoicing.access import Scope
from invoicing.orders.items import item_rows
from invoicing.storage.database import Database
from resolvers.batches import MOST
from resolvers.orders import MANY
from tests.support.client import Client, client
from tests.support.factories import item

CREATE = """
mutation ($orders: [CreateOrderInput!]!) { createOrders(input: {orders: $orders}) {
  results { order { id number total items { id } } refusal { code message field ids } }
} }
"""
INVOICE = """
mutation ($orders: [InvoiceOrderInput!]!) { invoiceOrders(input: {orders: $orders}) {
  results { invoice { id number total } refusal { code message field ids } }
} }
"""
ACTIONS = "{ auditLog(first: 50) { nodes { action } } }"


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    return client(database, tmp_path)


def order(id: str, **values: Any) -> dict[str, Any]:
    return {"id": id, "billing_name": "Ann", "items": [item(id=f"{id}-1")], **values}


def created(shop: Client, *orders: dict[str, Any]) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = shop.ask(CREATE, orders=[*orders])["createOrders"]["results"]
    return results


def invoiced(shop: Client, *orders: dict[str, Any]) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = shop.ask(INVOICE, orders=[*orders])["invoiceOrders"]["results"]
    return results


def test_orders_are_taken_in_in_their_order(shop: Client) -> None:
    results = created(shop, *(order(f"o{n}") for n in range(12)))
    assert [each["order"]["id"] for each in results] == [f"o{n}" for n in range(12)]
    numbers = [int(each["order"]["number"]) for each in results]
    assert numbers == list(range(numbers[0], numbers[0] + 12))
    assert all(each["refusal"] is None for each in results)


def test_an_order_that_is_refused_keeps_none_of_the_others_out(shop: Client) -> None:
    wrong = order("b", items=[item(id="b-1"), item(quantity=0)])
    results = created(shop, order("a"), wrong, order("a"), order("c", billing_name=None), order("d"))
    assert [each["order"] and each["order"]["id"] for each in results] == ["a", None, None, None, "d"]
    refusals = [each["refusal"] for each in results]
    assert [each and each["code"] for each in refusals] == [
        None,
        "VALIDATION_ERROR",
        "DUPLICATE_ID",
        "VALIDATION_ERROR",
        None,
    ]
    assert [each["field"] for each in refusals if each] == [
        "orders.1.items.1.quantity",
        "orders.2.id",
        "orders.3.billing_name",
    ]
    assert refusals[2]["ids"] == ["a"]


def test_invoices_have_numbers_without_gaps_in_the_order_of_the_list(shop: Client) -> None:
    created(shop, *(order(f"o{n}") for n in range(12)))
    asked = [{"order_id": f"o{n}"} for n in (3, 1, 99, 2, 0, *range(4, 12))]
    results = invoiced(shop, *asked)
    assert results[2]["invoice"] is None
    assert results[2]["refusal"] == {
        "code": "NOT_FOUND",
        "message": "There is no order o99.",
        "field": "orders.2.order_id",
        "ids": ["o99"],
    }
    numbers = [each["invoice"]["number"] for each in results if each["invoice"]]
    sequences = [int(number.rsplit("-", 1)[1]) for number in numbers]
    assert sequences == list(range(sequences[0], sequences[0] + 12))


def test_what_is_sent_again_is_invoiced_once(shop: Client) -> None:
    created(shop, order("a"), order("b"))
    asked = [{"order_id": "a", "invoice_id": "i"}, {"order_id": "b"}, {"order_id": "b"}]
    first = invoiced(shop, *asked)
    again = invoiced(shop, *asked)
    assert first[0] == again[0]
    assert [each["refusal"] and each["refusal"]["code"] for each in first] == [
        None,
        None,
        "NOTHING_TO_INVOICE",
    ]
    assert again[1]["refusal"]["code"] == "NOTHING_TO_INVOICE"


def test_each_change_is_in_the_audit_log_and_no_refusal(shop: Client) -> None:
    created(shop, order("a"), order("a"), order("b"))
    invoiced(shop, {"order_id": "a"}, {"order_id": "c"})
    actions = [each["action"] for each in shop.ask(ACTIONS)["auditLog"]["nodes"]]
    assert (actions.count("CREATE_ORDER"), actions.count("INVOICE_ORDER")) == (2, 1)


@pytest.mark.parametrize("count", [0, MOST + 1])
def test_a_batch_has_one_to_a_hundred_orders(shop: Client, count: int) -> None:
    refusals = [
        shop.refused(CREATE, orders=[order(f"o{n}") for n in range(count)]),
        shop.refused(INVOICE, orders=[{"order_id": f"o{n}"} for n in range(count)]),
    ]
    assert {(each.code, each.field) for each in refusals} == {("VALIDATION_ERROR", "orders")}


def test_a_long_order_among_others_is_priced_like_one_alone(shop: Client) -> None:
    goods = [item(id=f"g{n}", unit_price=100 + n) for n in range(MANY + 1)]
    (short, long) = created(shop, order("short"), order("long", items=goods))
    assert long["order"]["total"] == sum(100 + n for n in range(MANY + 1))
    assert len(long["order"]["items"]) == MANY + 1
    assert short["order"]["total"] == item()["unit_price"]


def test_a_long_order_of_several_is_priced_before_its_turn(
    shop: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others do not wait for it: SQLite has one writer."""
    threads: list[str] = []

    def noted(*args: Any) -> Any:
        threads.append(current_thread().name)
        return item_rows(*args)

    monkeypatch.setattr("invoicing.orders.pricing.item_rows", noted)
    goods = [item(id=f"g{n}") for n in range(MANY + 1)]
    wrong = [*[item(id=f"w{n}") for n in range(MANY)], item(quantity=0)]
    results = created(shop, order("a", items=goods), order("b", items=wrong), order("c"))
    assert [each["refusal"] and each["refusal"]["field"] for each in results] == [
        None,
        f"orders.1.items.{MANY}.quantity",
        None,
    ]
    assert [name.partition("_")[0] for name in threads] == ["pricing", "pricing", "write"]


def test_a_batch_needs_the_scope_of_the_change(shop: Client) -> None:
    reader = shop.limited_to(Scope.ORDERS_READ, Scope.INVOICES_READ)
    assert reader.refused(CREATE, orders=[order("a")]).code == "FORBIDDEN"
    assert reader.refused(INVOICE, orders=[{"order_id": "a"}]).code == "FORBIDDEN"
