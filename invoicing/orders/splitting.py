"""Splitting an item: a part of its quantity becomes an item of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, insert, update

from invoicing.errors import DuplicateItem, ItemNotFound, NoItems, ValidationError
from invoicing.money import portion
from invoicing.orders.actions import Action, demand
from invoicing.storage.tables import Order, OrderItem, new_id, order_items

_COLUMNS = order_items.c.keys()
_INSERT = insert(order_items)
_CHANGE = update(order_items).where(
    order_items.c.account_id == bindparam("account"),
    order_items.c.id.in_(bindparam("ids", expanding=True)),
)

ItemPart = tuple[str, int | None]
"""An item's id and how many of it; all when null."""


def check_parts(
    action: Action, order: Order, items: Mapping[str, OrderItem], parts: Sequence[ItemPart]
) -> list[tuple[OrderItem, int]]:
    """The requested items with their quantities. Refuses items that are closed to the action."""
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


def apply_to_parts(
    connection: Connection, account_id: str, pieces: Iterable[tuple[OrderItem, int, Mapping[str, Any]]]
) -> list[dict[str, Any]]:
    """Changes a quantity of each item: the whole item, or a part that is split off with a new id.

    Returns the changed rows.
    """
    alike: dict[tuple[tuple[str, Any], ...], list[str]] = {}  # items that change to the same, together
    done, parts = [], []
    for item, quantity, changes in pieces:
        row: dict[str, Any] = {**{name: getattr(item, name) for name in _COLUMNS}, **changes}
        is_part = quantity < item.quantity
        change = _split(row, quantity) if is_part else changes
        alike.setdefault(tuple(change.items()), []).append(item.id)
        if is_part:
            parts.append(row)
        done.append(row)
    for same, ids in alike.items():
        connection.execute(_CHANGE, {"account": account_id, "ids": ids, **dict(same)})
    if parts:
        connection.execute(_INSERT, parts)
    return done


def _split(row: dict[str, Any], quantity: int) -> dict[str, int]:
    """Turns an item's row into that of a part; returns the row of the rest.

    The discount is shared by quantity, so that both together stay the same.
    """
    discount = portion(row["discount"], quantity, row["quantity"])
    rest = {"quantity": row["quantity"] - quantity, "discount": row["discount"] - discount}
    own = {"id": new_id(), "split_from": row["split_from"] or row["id"]}
    row.update({**own, "quantity": quantity, "discount": discount})
    return rest
