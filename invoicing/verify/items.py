"""Finds items whose amounts are not price × quantity, or whose parts do not add up. Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import BindParameter, Connection, and_, bindparam, func, or_, select

from invoicing.storage.tables import order_items

_ACCOUNT_ID: BindParameter[str] = bindparam("account")
_MIRRORED = ("unit_price", "unit_price_rest", "quantity", "subtotal", "discount", "allocated_discount")
_undone = order_items.alias("undone")
_whole = func.coalesce(order_items.c.part_of, order_items.c.id)

_WHOLES = (
    select(
        _whole.label("id"),
        func.min(order_items.c.unit_price).label("unit_price"),
        func.min(order_items.c.unit_price_rest).label("unit_price_rest"),
        func.sum(order_items.c.quantity).label("quantity"),
        func.sum(order_items.c.subtotal).label("subtotal"),
    )
    .where(order_items.c.account_id == _ACCOUNT_ID, order_items.c.contra_of.is_(None))
    .group_by(_whole)
)
_NOT_MIRRORED = (
    select(order_items.c.id, order_items.c.contra_of)
    .join_from(
        order_items,
        _undone,
        and_(_undone.c.account_id == order_items.c.account_id, _undone.c.id == order_items.c.contra_of),
    )
    .where(
        order_items.c.account_id == _ACCOUNT_ID,
        or_(
            *(
                order_items.c[name] != (_undone.c[name] if name.startswith("unit") else -_undone.c[name])
                for name in _MIRRORED
            )
        ),
    )
    .order_by(order_items.c.id)
)


def find_wrong_items(connection: Connection, account_id: str) -> Iterator[tuple[str, str, str]]:
    """A subject, a kind and a sentence for each fault. Amounts are in minor units."""
    key = {"account": account_id}
    for row in connection.execute(_WHOLES, key):
        expected = _subtotal(row)
        if int(row.subtotal) != expected:
            fault = f"Price × quantity is {expected}, the item and its parts come to {row.subtotal}."
            yield row.id, "items", fault
    for item, contra_of in connection.execute(_NOT_MIRRORED, key):
        yield item, "items", f"It is not the same as item {contra_of}, which it undoes, turned round."


def _subtotal(row: Any) -> int:
    """Price × quantity in minor units, half away from zero; both are in millionths."""
    product = (int(row.unit_price) * 10**6 + int(row.unit_price_rest)) * int(row.quantity)
    amount = (2 * abs(product) + 10**12) // (2 * 10**12)
    return amount if product > 0 else -amount
