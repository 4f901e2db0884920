"""Splitting an item: a part of its quantity becomes an item of its own."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, bindparam, insert, update

from invoicing import checks
from invoicing.decimals import Number, decimal_text, price_of
from invoicing.errors import DuplicateItem, ItemNotFound, NoItems, ValidationError
from invoicing.orders.actions import Action, demand
from invoicing.orders.parts import Amounts, Whole, part_of
from invoicing.storage.id_lists import id_list, is_one_of
from invoicing.storage.tables import Order, OrderItem, new_id, order_items

_COLUMNS = order_items.c.keys()
_INSERT = insert(order_items)
_CHANGE = update(order_items).where(
    order_items.c.account_id == bindparam("account"),
    is_one_of(order_items.c.id, id_list("ids")),
)

ItemPart = tuple[str, Number | None]
"""An item's id and how much of it; all when null."""


def check_parts(
    action: Action, order: Order, items: Mapping[str, OrderItem], parts: Sequence[ItemPart]
) -> list[tuple[OrderItem, int]]:
    """The requested items with their quantities in millionths. Refuses items closed to the action."""
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
    return [
        (items[id], _quantity(quantity, items[id], f"items.{index}.quantity"))
        for index, (id, quantity) in enumerate(parts)
    ]


def _quantity(asked: Number | None, item: OrderItem, field: str) -> int:
    """So much of an item whose quantity is above zero, in millionths."""
    if asked is None:
        return item.quantity
    quantity = checks.signed_quantity(asked, field)
    if not 0 < quantity <= item.quantity:
        raise ValidationError(
            f"{field} must be more than 0 and at most {decimal_text(item.quantity)} (it is {asked}).",
            field=field,
            ids=[item.id],
        )
    return quantity


def apply_to_parts(
    connection: Connection,
    account_id: str,
    items: Iterable[OrderItem],
    pieces: Iterable[tuple[OrderItem, int, Mapping[str, Any]]],
) -> list[dict[str, Any]]:
    """Changes a quantity of each item: the whole item, or a part that is split off with a new id.

    `items` are all of the order. Returns the changed rows.
    """
    wholes = _wholes(items)
    alike: dict[tuple[tuple[str, Any], ...], list[str]] = {}  # items that change to the same, together
    done, parts = [], []
    for item, quantity, changes in pieces:
        row: dict[str, Any] = {**{name: getattr(item, name) for name in _COLUMNS}, **changes}
        is_part = quantity < item.quantity
        change = _split(row, quantity, wholes[item.part_of or item.id]) if is_part else changes
        alike.setdefault(tuple(change.items()), []).append(item.id)
        if is_part:
            parts.append(row)
        done.append(row)
    for same, ids in alike.items():
        connection.execute(_CHANGE, {"account": account_id, "ids": ids, **dict(same)})
    if parts:
        connection.execute(_INSERT, parts)
    return done


def _wholes(items: Iterable[OrderItem]) -> Mapping[str, Whole]:
    """What each item's parts add up to, by the id of the whole; an item that was never split is its own."""
    parts: defaultdict[str, list[OrderItem]] = defaultdict(list)
    for item in items:
        if item.contra_of is None:
            parts[item.part_of or item.id].append(item)
    return {id: _whole(each) for id, each in parts.items()}


def _whole(parts: Sequence[OrderItem]) -> Whole:
    return Whole(
        unit_price=price_of(parts[0]),
        quantity=sum([part.quantity for part in parts]),
        amounts=Amounts(
            subtotal=sum([part.subtotal for part in parts]),
            discount=sum([part.discount for part in parts]),
            allocated_discount=sum([part.allocated_discount for part in parts]),
        ),
    )


def _split(row: dict[str, Any], quantity: int, whole: Whole) -> dict[str, Any]:
    """Turns an item's row into that of its first part; returns what changes of the rest's row."""
    start, named = row["part_start"] or 0, row["part_of"] or row["id"]
    rest = _part(whole, start + quantity, row["quantity"] - quantity)
    own = {"id": new_id(), "split_from": row["split_from"] or row["id"], "part_of": named}
    row.update({**_part(whole, start, quantity), **own})
    return {**rest, "part_of": named}


def _part(whole: Whole, start: int, quantity: int) -> dict[str, int]:
    return {"part_start": start, "quantity": quantity, **asdict(part_of(whole, start, quantity))}
