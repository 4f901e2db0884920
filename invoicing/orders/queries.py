"""Reads of many orders at once, each answer by its id."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import cast

from sqlalchemy import Connection, bindparam, select

from invoicing.access import Principal
from invoicing.storage.tables import (
    Order,
    OrderItem,
    order_items,
    orders,
)

_ORDERS = select(orders).where(
    orders.c.account_id == bindparam("account"), orders.c.id.in_(bindparam("ids", expanding=True))
)

_ITEMS_OF_ORDERS = select(order_items).where(
    order_items.c.account_id == bindparam("account"),
    order_items.c.order_id.in_(bindparam("ids", expanding=True)),
)


def orders_by_id(connection: Connection, principal: Principal, ids: Sequence[str]) -> Mapping[str, Order]:
    rows = connection.execute(_ORDERS, {"account": principal.account_id, "ids": list(ids)})
    return {row.id: cast(Order, row) for row in rows}


def items_by_order(
    connection: Connection, principal: Principal, ids: Sequence[str]
) -> Mapping[str, list[OrderItem]]:
    items: dict[str, list[OrderItem]] = defaultdict(list)
    for row in connection.execute(_ITEMS_OF_ORDERS, {"account": principal.account_id, "ids": list(ids)}):
        items[row.order_id].append(cast(OrderItem, row))
    return items
