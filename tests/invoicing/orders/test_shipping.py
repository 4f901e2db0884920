"""Shipping, whole and in parts: nothing is lost in a split, and only what is open is shipped."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from invoicing.access import Principal
from invoicing.decimals import MILLION
from invoicing.errors import (
    DuplicateItem,
    InvoicingError,
    ItemAlreadyShipped,
    ItemNotFound,
    NoItems,
    NotFound,
    ValidationError,
)
from invoicing.invoices import from_orders
from invoicing.orders import actions, intake, shipping
from invoicing.storage.database import Database
from invoicing.storage.tables import OrderItem
from tests.support import factories
from tests.support.factories import item


def ship(
    database: Database, principal: Principal, parcels: Sequence[tuple[str, int | None]], order_id: str = "o"
) -> list[OrderItem]:
    _, shipped = database.write(shipping.ship_items, principal, order_id, parcels, shipped_at=factories.NOW)
    return shipped


def items(database: Database, principal: Principal) -> list[OrderItem]:
    return list(database.read(intake.items_of, principal, "o"))


def test_a_whole_item_keeps_its_id(database: Database, principal: Principal, now: datetime) -> None:
    factories.order(database, principal, id="o", items=[item(id="a", quantity=3), item(id="b", quantity=2)])
    shipped = ship(database, principal, [("a", None), ("b", 2)])
    assert [(i.id, i.quantity, i.shipped_at) for i in shipped] == [
        ("a", 3 * MILLION, now),
        ("b", 2 * MILLION, now),
    ]
    assert len(items(database, principal)) == 2


def test_a_part_gets_an_id_of_its_own_and_follows_its_item(
    database: Database, principal: Principal, now: datetime
) -> None:
    factories.order(database, principal, id="o", items=[item(id="a", quantity=5, discount=7), item(id="b")])
    (first,) = ship(database, principal, [("a", 2)])
    (second,) = ship(database, principal, [("a", 1)])
    rows = [(i.id, i.quantity / MILLION, i.discount, i.shipped_at) for i in items(database, principal)]
    assert rows == [
        ("a", 2, 3, None),
        (first.id, 2, 3, now),
        (second.id, 1, 1, now),
        ("b", 1, 0, None),
    ]
    assert {first.split_from, second.split_from} == {"a"}
    assert (first.name, first.unit_price, first.vat_rate, first.position) == ("Mug", 1_210, 210_000, 0)


def test_the_rest_is_shipped_under_its_own_id(database: Database, principal: Principal) -> None:
    factories.order(database, principal, id="o", items=[item(id="a", quantity=3, discount=100)])
    ship(database, principal, [("a", 1)])
    ship(database, principal, [("a", 2)])
    rows = items(database, principal)
    assert sorted((i.quantity, i.discount) for i in rows) == [(MILLION, 33), (2 * MILLION, 67)]
    assert all(i.shipped_at for i in rows)


def test_costs_and_fees_go_with_the_first_shipment_and_a_discount_is_not_shipped(
    database: Database, principal: Principal
) -> None:
    given = [
        item(id="a", quantity=2),
        item(id="b"),
        item(id="post", type="SHIPPING"),
        item(id="fee", type="FEE"),
        item(id="off", type="DISCOUNT", unit_price=-10),
    ]
    factories.order(database, principal, id="o", items=given)
    shipped = ship(database, principal, [("a", 1)])
    assert {i.id for i in shipped[1:]} == {"post", "fee"}
    assert [i.id for i in ship(database, principal, [("a", None), ("b", None)])] == ["a", "b"]


@pytest.mark.parametrize(
    ("parcels", "refusal", "field", "ids"),
    [
        ([], NoItems, "items", ()),
        ([("a", 1), ("a", 1)], DuplicateItem, "items", ("a",)),
        ([("a", 1), ("nothing", 1)], ItemNotFound, "items", ("nothing",)),
        ([("elsewhere", None)], ItemNotFound, "items", ("elsewhere",)),
        ([("done", None)], ItemAlreadyShipped, "items", ("done",)),
        ([("done", 1)], ItemAlreadyShipped, "items", ("done",)),
        ([("a", 0)], ValidationError, "items.0.quantity", ("a",)),
        ([("b", 1), ("a", 4)], ValidationError, "items.1.quantity", ("a",)),
        ([("a", -1)], ValidationError, "items.0.quantity", ("a",)),
    ],
)
def test_what_cannot_be_shipped_is_refused_and_nothing_is_shipped(
    database: Database,
    principal: Principal,
    parcels: list[tuple[str, int | None]],
    refusal: type[InvoicingError],
    field: str,
    ids: tuple[str, ...],
) -> None:
    given = [item(id="a", quantity=3), item(id="b"), item(id="done")]
    factories.order(database, principal, id="o", items=given)
    factories.order(database, principal, id="other", items=[item(id="elsewhere")])
    ship(database, principal, [("done", None)])
    before = items(database, principal)
    with pytest.raises(refusal) as refused:
        ship(database, principal, parcels)
    assert (refused.value.field, refused.value.ids) == (field, ids)
    assert items(database, principal) == before


def test_an_order_of_another_account_cannot_be_shipped(database: Database, principal: Principal) -> None:
    factories.order(database, factories.principal(database), id="o", items=[item(id="a")])
    for order_id in ("o", "nowhere"):
        with pytest.raises(NotFound, match=f"There is no order {order_id}."):
            ship(database, principal, [("a", None)], order_id)


def test_an_invoiced_item_can_be_shipped_in_parts_that_stay_on_its_invoice(
    database: Database, principal: Principal, now: datetime
) -> None:
    factories.order(database, principal, id="o", items=[item(id="a", quantity=3)])
    issued = database.write(from_orders.invoice_items, principal, ["a"], now=now)
    ship(database, principal, [("a", 1)])
    after = items(database, principal)
    assert [(i.quantity, i.invoice_id) for i in after] == [(2 * MILLION, issued.id), (MILLION, issued.id)]
    assert not any(entry.action is actions.Action.INVOICE for entry in possible(database, principal))


def possible(database: Database, principal: Principal) -> list[actions.Possible]:
    order = database.read(intake.find_order, principal, "o")
    return actions.ItemActions(
        order, items(database, principal), factories.parties(database, principal, order)
    ).possible()


def test_the_moment_of_shipment_is_the_callers(
    database: Database, principal: Principal, now: datetime
) -> None:
    factories.order(database, principal, id="o", items=[item(id="a")])
    earlier: Any = now - timedelta(days=3)
    _, (shipped,) = database.write(shipping.ship_items, principal, "o", [("a", None)], shipped_at=earlier)
    assert shipped.shipped_at == earlier
