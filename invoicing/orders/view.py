"""An order with what is shown of it, read at once: each wait for another read takes longer than the read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from sqlalchemy import Connection, FromClause, Select, and_, bindparam, select

from invoicing.access import Principal
from invoicing.orders.intake import unknown_order
from invoicing.orders.queries import items_by_order
from invoicing.storage import rows
from invoicing.storage.narrow import KEYS, Narrowed
from invoicing.storage.narrow import Columns as Names
from invoicing.storage.tables import (
    Account,
    Customer,
    Order,
    OrderItem,
    accounts,
    customers,
    is_of_customer,
    orders,
)


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns are read; None is all."""

    order: Names | None = None
    items: Names | None = None
    seller: Names | None = None
    customer: Names | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is read with an order."""

    items: bool
    seller: bool
    customer: bool
    columns: Columns = Columns()


@dataclass(frozen=True, slots=True)
class Seen:
    """None is what was not wanted, or is not there."""

    order: Order
    items: list[OrderItem] | None
    seller: Account | None
    customer: Customer | None


def see(connection: Connection, principal: Principal, order_id: str, wanted: Wanted) -> Seen:
    """NotFound if there is no such order, or it is not the principal's."""
    statement = _SEEN[wanted.seller, wanted.customer].reading(None, _labels(wanted.columns))
    key = {"account": principal.account_id, "customer": principal.customer_id, "order": order_id}
    found = rows.joined(connection, statement, key, as_=(Order, Account, Customer))
    if not found:
        raise unknown_order(order_id)
    ((order, seller, customer),) = found
    items = None
    if wanted.items:
        items = items_by_order(connection, principal, [order_id], wanted.columns.items).get(order_id, [])
    return Seen(order, items, seller, customer)


def _select(has_seller: bool, has_customer: bool, _: None, labels: Names | None) -> Select[Any]:
    joined: FromClause = orders
    if has_seller:
        joined = joined.join(accounts, accounts.c.id == orders.c.account_id)
    if has_customer:
        is_theirs = customers.c.account_id == orders.c.account_id
        joined = joined.outerjoin(customers, and_(is_theirs, customers.c.id == orders.c.customer_id))
    tables = [orders, *[accounts] * has_seller, *[customers] * has_customer]
    found = [rows.labelled(column) for table in tables for column in table.c]
    read = [each for each in found if labels is None or each.name in labels]
    is_order = orders.c.account_id == bindparam("account"), orders.c.id == bindparam("order")
    return select(*read).select_from(joined).where(*is_order, is_of_customer(orders.c.customer_id))


_WAYS = (False, False), (False, True), (True, False), (True, True)
_SEEN: Mapping[tuple[bool, bool], Narrowed[None]] = {
    (seller, customer): Narrowed(partial(_select, seller, customer)) for seller, customer in _WAYS
}
"""By whether the seller and the customer are wanted."""


@lru_cache(maxsize=256)
def _labels(wanted: Columns) -> Names:
    """The labels of what is read of the tables, wherever they are joined."""
    named = ((orders, wanted.order), (accounts, wanted.seller), (customers, wanted.customer))
    return frozenset(
        [
            rows.labelled(column).name
            for table, names in named
            for column in table.c
            if names is None or column.name in names | KEYS
        ]
    )
