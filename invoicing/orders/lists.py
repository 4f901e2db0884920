"""Lists of orders: what a back office looks for."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import ColumnElement, Connection, or_, select, tuple_

from invoicing.access import Principal
from invoicing.checks import search_words
from invoicing.orders.actions_sql import has_item_to_invoice, is_closed
from invoicing.storage.pages import Condition, Filter, Page, Window, contains, count, page, where
from invoicing.storage.tables import Order, customers, orders


def _order_found(words: str) -> ColumnElement[bool]:
    """By its number or billing name, or by its customer's name as it is now."""
    words = search_words(words)
    named = select(customers.c.account_id, customers.c.id).where(contains(customers.c.search_text, words))
    ordered_by = tuple_(orders.c.account_id, orders.c.customer_id)
    return or_(contains(orders.c.search_text, words), ordered_by.in_(named))


ORDERS: Mapping[str, Condition] = {
    "number": lambda number: orders.c.number == number,
    "customer_id": lambda id: orders.c.customer_id == id,
    "currency": lambda code: orders.c.currency == code,
    "status": lambda status: is_closed() if status == "CLOSED" else ~is_closed(),
    "invoiceable": lambda wanted: has_item_to_invoice() if wanted else ~has_item_to_invoice(),
    "total_from": lambda amount: orders.c.total >= amount,
    "total_to": lambda amount: orders.c.total <= amount,
    "created_from": lambda moment: orders.c.created_at >= moment,
    "created_before": lambda moment: orders.c.created_at < moment,
    "search": _order_found,
}


def orders_page(connection: Connection, principal: Principal, given: Filter, window: Window) -> Page[Order]:
    return page(
        connection,
        select(orders),
        orders,
        where(orders, ORDERS, principal, given, owner=orders.c.customer_id),
        window,
        as_=Order,
    )


def orders_count(connection: Connection, principal: Principal, given: Filter) -> int:
    return count(connection, orders, where(orders, ORDERS, principal, given, owner=orders.c.customer_id))
