"""Splitting an item: a part of its quantity becomes an item of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, insert, update

from invoicing.actions import Action, demand
from invoicing.errors import DuplicateItem, ItemNotFound, NoItems, ValidationError
from invoicing.money import portion
from invoicing.tables import Order, OrderItem, new_id, order_items

_COLUMNS = order_items.c.keys()
_INSERT = insert(order_items)
_CHANGE = update(order_items).where(
    order_items.c.account_id == bindparam("account"), order_items.c.id == bindparam("item")
)

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


def taken(
    connection: Connection, account_id: str, pieces: Iterable[tuple[OrderItem, int, Mapping[str, Any]]]
) -> list[dict[str, Any]]:
    """Changes so much of each item: all of it where it is, or else a part, split off with a new id.

    The discount is shared by quantity, so that both together stay the same. Answers the rows of what was
    changed, as they are now.
    """
    updates: list[dict[str, Any]] = []
    rests: list[dict[str, Any]] = []
    parts: list[dict[str, Any]] = []
    done = []
    for item, quantity, changes in pieces:
        row: dict[str, Any] = {**{name: getattr(item, name) for name in _COLUMNS}, **changes}
        key = {"account": account_id, "item": item.id}
        if quantity == item.quantity:
            updates.append({**key, **changes})
        else:
            discount = portion(item.discount, quantity, item.quantity)
            row |= {"id": new_id(), "split_from": item.split_from or item.id}
            row |= {"quantity": quantity, "discount": discount}
            left = {"quantity": item.quantity - quantity, "discount": item.discount - discount}
            rests.append({**key, **left})
            parts.append(row)
        done.append(row)
    for statement, rows in ((_CHANGE, updates), (_CHANGE, rests), (_INSERT, parts)):
        if rows:
            connection.execute(statement, rows)
    return done
