"""Shipping an order's items, whole or in parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, update

from invoicing.access import Principal
from invoicing.actions import shipping_blocked
from invoicing.errors import DuplicateItem, ItemAlreadyShipped, ItemNotFound, NoItems, ValidationError
from invoicing.money import portion
from invoicing.orders import ItemType, find_order, items_of
from invoicing.tables import Order, OrderItem, new_id, order_items


def ship_items(
    connection: Connection,
    principal: Principal,
    order_id: str,
    parcels: Sequence[tuple[str, int | None]],
    *,
    shipped_at: datetime,
) -> tuple[Order, list[OrderItem]]:
    """Marks items as shipped; a parcel is an item's id and how many of it, all when null.

    Part of a quantity splits the item: the part that is shipped gets an id of its own, the rest keeps
    its own. Shipping costs, fees and discounts go with the order's first shipment.
    """
    order = find_order(connection, principal, order_id, lock=True)
    items = {item.id: item for item in items_of(connection, principal, order_id, lock=True)}
    _shippable(order, items, parcels)
    whole = [id for id, quantity in parcels if quantity in (None, items[id].quantity)]
    parts = [(items[id], quantity) for id, quantity in parcels if quantity not in (None, items[id].quantity)]
    named = {id for id, _ in parcels}
    along = [item.id for item in items.values() if _goes_along(item) and item.id not in named]
    _mark(connection, principal, {*whole, *along}, shipped_at)
    split = [_split(connection, item, quantity or 0, shipped_at) for item, quantity in parts]
    shipped = {*whole, *along, *split}
    return order, [item for item in items_of(connection, principal, order_id) if item.id in shipped]


def _goes_along(item: OrderItem) -> bool:
    return item.shipped_at is None and item.type != ItemType.PRODUCT


def _shippable(
    order: Order, items: Mapping[str, OrderItem], parcels: Sequence[tuple[str, int | None]]
) -> None:
    ids = [id for id, _ in parcels]
    if not ids:
        raise NoItems(field="items")
    if repeated := [id for id, times in Counter(ids).items() if times > 1]:
        raise DuplicateItem(field="items", ids=repeated)
    if unknown := [id for id in ids if id not in items]:
        raise ItemNotFound(
            f"Order {order.number} has no item {', '.join(unknown)}.", field="items", ids=unknown
        )
    if done := [id for id in ids if shipping_blocked(order, items[id])]:
        raise ItemAlreadyShipped(field="items", ids=done)
    for index, (id, quantity) in enumerate(parcels):
        if quantity is not None and not 1 <= quantity <= items[id].quantity:
            raise ValidationError(
                f"items.{index}.quantity must be from 1 to {items[id].quantity} (it is {quantity}).",
                field=f"items.{index}.quantity",
                ids=[id],
            )


def _mark(connection: Connection, principal: Principal, ids: set[str], shipped_at: datetime) -> None:
    if ids:
        connection.execute(
            update(order_items)
            .where(order_items.c.account_id == principal.account_id, order_items.c.id.in_(sorted(ids)))
            .values(shipped_at=shipped_at)
        )


def _split(connection: Connection, item: OrderItem, quantity: int, shipped_at: datetime) -> str:
    """Splits off what is shipped. The discount is shared by quantity, so both together stay the same."""
    discount = portion(item.discount, quantity, item.quantity)
    row: dict[str, Any] = {name: getattr(item, name) for name in order_items.c.keys()}  # noqa: SIM118
    part = {
        **row,
        "id": new_id(),
        "split_from": item.split_from or item.id,
        "quantity": quantity,
        "discount": discount,
        "shipped_at": shipped_at,
    }
    connection.execute(
        update(order_items)
        .where(order_items.c.account_id == item.account_id, order_items.c.id == item.id)
        .values(quantity=item.quantity - quantity, discount=item.discount - discount)
    )
    connection.execute(insert(order_items).values(part))
    return str(part["id"])
