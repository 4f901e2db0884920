"""Shipping and invoicing what was imported, many orders in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update

from invoicing import issuing
from invoicing.access import Principal
from invoicing.queries import Issued
from invoicing.tables import order_items

_OF_ORDERS = (
    order_items.c.account_id == bindparam("account"),
    order_items.c.order_id.in_(bindparam("ids", expanding=True)),
)
# All items are locked before the first number is taken: whoever holds the series waits for nobody's items.
# They are sorted by no bare column, else SQLite walks through every item of the account in that order.
_LOCK = (
    select(order_items.c.order_id, order_items.c.invoice_id, order_items.c.shipped_at)
    .where(*_OF_ORDERS)
    .order_by(order_items.c.id.concat(""))
    .with_for_update()
)
_SHIP = (
    update(order_items)
    .where(*_OF_ORDERS, order_items.c.shipped_at.is_(None))
    .values(shipped_at=bindparam("now"))
)


def bill(
    connection: Connection, principal: Principal, order_ids: Sequence[str], *, now: datetime
) -> list[Issued]:
    """An invoice for each of the orders that has something left to invoice."""
    key = {"account": principal.account_id, "ids": list(order_ids)}
    items = connection.execute(_LOCK, key).all()
    unbilled = {item.order_id for item in items if item.invoice_id is None}
    if any(item.shipped_at is None for item in items):
        connection.execute(_SHIP, {**key, "now": now})
    return [issuing.invoice_order(connection, principal, id, now=now) for id in order_ids if id in unbilled]
