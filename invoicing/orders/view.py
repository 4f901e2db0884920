"""An order with what is shown of it, read at once: each wait for another read takes longer than the read."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from invoicing.access import Principal
from invoicing.accounts.settings import account
from invoicing.customers.details import customers_by_id
from invoicing.orders.intake import find_order
from invoicing.orders.queries import items_by_order
from invoicing.storage.narrow import Columns
from invoicing.storage.tables import Account, Customer, Order, OrderItem


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is read with an order, and which columns of it; None is all."""

    items: bool
    seller: bool
    customer: bool
    item_columns: Columns | None = None
    customer_columns: Columns | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """None is what was not wanted, or is not there."""

    order: Order
    items: list[OrderItem] | None
    seller: Account | None
    customer: Customer | None


def see(connection: Connection, principal: Principal, order_id: str, wanted: Wanted) -> Seen:
    """NotFound if there is no such order, or it is not the principal's."""
    order = find_order(connection, principal, order_id)
    items, seller, customer = None, None, None
    if wanted.items:
        found = items_by_order(connection, principal, [order.id], wanted.item_columns)
        items = found.get(order.id, [])
    if wanted.seller:
        seller = account(connection, order.account_id)
    if wanted.customer and (id := order.customer_id) is not None:
        customer = customers_by_id(connection, principal, [id], wanted.customer_columns).get(id)
    return Seen(order, items, seller, customer)
