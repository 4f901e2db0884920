"""Splitting an item: a part of its quantity becomes an item of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, insert, update

from invoicing.actions import Action, demand
from invoicing.errors import DuplicateItem, ItemNotFound, NoItems, ValidationError
from invoicing.money import portion
from invoicing.tables import Order, OrderItem, new_id, order_items

Part = tuple[str, int | None]
"""An item's id and how many of it; all when null."""


def parts_of(
    action: Action, order: Order, items: Mapping[str, OrderItem], parts: Sequence[Part]
) -> list[tuple[OrderItem, int]]:
    """The items that are named and how many of each. Refuses what the action is closed to."""
    ids = [id for id, _ in parts]
    if not ids:
        raise NoItems(field="items")
    if repeated := [id for id, times in Counter(ids).items() if times > 1]:
        raise DuplicateItem(field="items", ids=repeated)
    if unknown := [id for id in ids if id not in items]:
        raise ItemNotFound(
            f"Order {order.number} has no item {', '.join(unknown)}.", field="items", ids=unknown
        )
    demand(action, {order.id: order}, [items[id] for id in ids])
    for index, (id, quantity) in enumerate(parts):
        if quantity is not None and not 1 <= quantity <= items[id].quantity:
            raise ValidationError(
                f"items.{index}.quantity must be from 1 to {items[id].quantity} (it is {quantity}).",
                field=f"items.{index}.quantity",
                ids=[id],
            )
    return [(items[id], quantity or items[id].quantity) for id, quantity in parts]


def taken(connection: Connection, item: OrderItem, quantity: int, changes: Mapping[str, Any]) -> str:
    """Changes `quantity` of the item: all of it where it is, or else a part, split off with a new id.

    The discount is shared by quantity, so that both together stay the same. Answers what was changed.
    """
    if quantity == item.quantity:
        _change(connection, item, changes)
        return item.id
    discount = portion(item.discount, quantity, item.quantity)
    row: dict[str, Any] = {name: getattr(item, name) for name in order_items.c.keys()}  # noqa: SIM118
    part = {
        **row,
        "id": new_id(),
        "split_from": item.split_from or item.id,
        "quantity": quantity,
        "discount": discount,
        **changes,
    }
    _change(connection, item, {"quantity": item.quantity - quantity, "discount": item.discount - discount})
    connection.execute(insert(order_items).values(part))
    return str(part["id"])


def _change(connection: Connection, item: OrderItem, changes: Mapping[str, Any]) -> None:
    connection.execute(
        update(order_items)
        .where(order_items.c.account_id == item.account_id, order_items.c.id == item.id)
        .values(**changes)
    )
