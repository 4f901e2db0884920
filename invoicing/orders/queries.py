"""Reads of many orders at once, each answer by its id."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, and_, bindparam, func, literal, select

from invoicing.access import Principal
from invoicing.accounts.settings import ask_account
from invoicing.customers.details import customers_by_id
from invoicing.orders.lawful import Parties
from invoicing.orders.places import in_place
from invoicing.storage import rows
from invoicing.storage.id_lists import id_list, is_one_of
from invoicing.storage.narrow import Columns, Narrowed, columns_of
from invoicing.storage.prepared import Prepared
from invoicing.storage.tables import (
    Order,
    OrderItem,
    order_items,
    orders,
)

_ORDERS: Narrowed[None] = Narrowed(
    lambda _, columns: columns_of(orders, columns).where(
        orders.c.account_id == bindparam("account"), is_one_of(orders.c.id, id_list("ids"))
    )
)

_PLACE = frozenset(("order_id", "position", "contra_of", "split_from"))
"""Columns of items that are always read: whose they are, and where among them."""
_IS_OF_ORDERS = and_(
    order_items.c.account_id == bindparam("account"), is_one_of(order_items.c.order_id, id_list("ids"))
)
_ITEMS_OF_ORDERS: Narrowed[None] = Narrowed(
    lambda _, columns: columns_of(order_items, None if columns is None else columns | _PLACE).where(
        _IS_OF_ORDERS
    )
)

_SOME_ITEMS_OF_ORDERS = select(literal(1).label("one")).where(_IS_OF_ORDERS).limit(bindparam("most"))
_COUNT_SOME_ITEMS = Prepared(select(func.count()).select_from(_SOME_ITEMS_OF_ORDERS.subquery()))


def orders_by_id(
    connection: Connection, principal: Principal, ids: Sequence[str], columns: Columns | None = None
) -> Mapping[str, Order]:
    key = {"account": principal.account_id, "ids": list(ids)}
    found = rows.some(connection, _ORDERS.reading(None, columns), key, as_=Order)
    return {order.id: order for order in found}


def parties_of(connection: Connection, principal: Principal, order: Order) -> Parties:
    """Who sells and who buys the order."""
    seller, id = ask_account(connection, principal.account_id), order.customer_id
    customer = customers_by_id(connection, principal, [id])[id] if id is not None else None
    return Parties(seller(), customer)


def items_by_order(
    connection: Connection, principal: Principal, ids: Sequence[str], columns: Columns | None = None
) -> Mapping[str, list[OrderItem]]:
    """The items of each order, in their order."""
    items: dict[str, list[OrderItem]] = defaultdict(list)
    key = {"account": principal.account_id, "ids": list(ids)}
    for item in rows.some(connection, _ITEMS_OF_ORDERS.reading(None, columns), key, as_=OrderItem):
        items[item.order_id].append(item)
    return {order_id: in_place(found) for order_id, found in items.items()}


def has_more_items(connection: Connection, principal: Principal, ids: Sequence[str], most: int) -> bool:
    """Whether the orders have more items than that together. No more than these are counted."""
    key = {"account": principal.account_id, "ids": list(ids), "most": most + 1}
    return int(rows.values(connection, _COUNT_SOME_ITEMS, key)[0]) > most
