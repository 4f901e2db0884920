"""What a back office looks for: the conditions behind the lists of customers, orders and invoices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, and_, exists, or_, select, tuple_

from invoicing.access import Principal
from invoicing.checks import text
from invoicing.invoices.queries import ISSUED, Issued
from invoicing.storage.pages import Page, Window, count, page
from invoicing.storage.tables import Customer, Order, customers, invoice_lines, invoices, order_items, orders

Condition = Callable[[Any], ColumnElement[bool]]
_WORDS = text(500, least=0)


def _contains(column: ColumnElement[str]) -> Condition:
    return lambda words: column.contains(_WORDS(words, "search").casefold(), autoescape=True)


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
    named = select(customers.c.account_id, customers.c.id).where(_contains(customers.c.search_text)(words))
    ordered_by = tuple_(orders.c.account_id, orders.c.customer_id)
    return or_(_contains(orders.c.search_text)(words), ordered_by.in_(named))


CUSTOMERS: Mapping[str, Condition] = {"search": _contains(customers.c.search_text)}

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

INVOICES: Mapping[str, Condition] = {
    "number": lambda number: invoices.c.number == number,
    "handle": lambda handle: invoices.c.handle == handle,
    "customer_id": lambda id: invoices.c.customer_id == id,
    "currency": lambda code: invoices.c.currency == code,
    "type": lambda kind: invoices.c.type == kind,
    "state": lambda state: invoices.c.state == state,
    "issued_from": lambda day: invoices.c.issued_on >= day,
    "issued_to": lambda day: invoices.c.issued_on <= day,
    "due_to": lambda day: invoices.c.due_on <= day,
    "total_from": lambda amount: invoices.c.total >= amount,
    "total_to": lambda amount: invoices.c.total <= amount,
    "search": _contains(invoices.c.search_text),
}

Filter = Mapping[str, Any]


def customers_page(
    connection: Connection, principal: Principal, given: Filter, window: Window
) -> Page[Customer]:
    return page(
        connection, select(customers), customers, _where(customers, CUSTOMERS, principal, given), window
    )


def orders_page(connection: Connection, principal: Principal, given: Filter, window: Window) -> Page[Order]:
    return page(connection, select(orders), orders, _where(orders, ORDERS, principal, given), window)


def invoices_page(
    connection: Connection, principal: Principal, given: Filter, window: Window
) -> Page[Issued]:
    found = page(connection, ISSUED, invoices, _where(invoices, INVOICES, principal, given), window)
    return Page([Issued(*row) for row in found.rows], found.has_next, found.has_previous)


def customers_count(connection: Connection, principal: Principal, given: Filter) -> int:
    return count(connection, customers, _where(customers, CUSTOMERS, principal, given))


def orders_count(connection: Connection, principal: Principal, given: Filter) -> int:
    return count(connection, orders, _where(orders, ORDERS, principal, given))


def invoices_count(connection: Connection, principal: Principal, given: Filter) -> int:
    return count(connection, invoices, _where(invoices, INVOICES, principal, given))


def _where(
    table: FromClause, conditions: Mapping[str, Condition], principal: Principal, given: Filter
) -> list[ColumnElement[bool]]:
    asked = [conditions[name](value) for name, value in given.items() if value is not None]
    if principal.customer_id is not None:
        owner = table.c.id if table is customers else table.c.customer_id
        asked.append(owner == principal.customer_id)
    return [table.c.account_id == principal.account_id, and_(True, *asked)]
