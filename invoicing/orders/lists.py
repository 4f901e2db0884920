"""Lists of orders: what a back office looks for."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import ColumnElement, Connection, and_, exists, or_, select, tuple_

from invoicing.access import Principal
from invoicing.checks import search_words
from invoicing.storage.pages import Condition, Filter, Page, Window, contains, count, page, where
from invoicing.storage.tables import Order, customers, invoice_lines, invoices, order_items, orders


def _open_item() -> ColumnElement[bool]:
    return exists().where(
        order_items.c.account_id == orders.c.account_id,
        order_items.c.order_id == orders.c.id,
        or_(
            and_(order_items.c.contra_of.is_not(None), order_items.c.invoice_id.is_(None)),
            and_(
                order_items.c.undone_as.is_(None),
                or_(order_items.c.shipped_at.is_(None), order_items.c.invoice_id.is_(None)),
            ),
        ),
    )


def _unsettled() -> ColumnElement[bool]:
    return exists().where(
        invoice_lines.c.account_id == orders.c.account_id,
        invoice_lines.c.order_id == orders.c.id,
        invoices.c.account_id == invoice_lines.c.account_id,
        invoices.c.id == invoice_lines.c.invoice_id,
        invoices.c.state.in_(("PENDING", "FAILED")),
    )


def _is_open() -> ColumnElement[bool]:
    return or_(_open_item(), _unsettled())


def _invoiceable_item() -> ColumnElement[bool]:
    return exists().where(
        order_items.c.account_id == orders.c.account_id,
        order_items.c.order_id == orders.c.id,
        order_items.c.invoice_id.is_(None),
        or_(
            and_(order_items.c.contra_of.is_not(None), order_items.c.finished_at.is_not(None)),
            and_(
                order_items.c.undone_as.is_(None),
                or_(order_items.c.shipped_at.is_not(None), orders.c.invoice_after_shipment.is_(False)),
            ),
        ),
    )


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
    "status": lambda status: _is_open() if status == "OPEN" else ~_is_open(),
    "invoiceable": lambda wanted: _invoiceable_item() if wanted else ~_invoiceable_item(),
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
    )


def orders_count(connection: Connection, principal: Principal, given: Filter) -> int:
    return count(connection, orders, where(orders, ORDERS, principal, given, owner=orders.c.customer_id))
