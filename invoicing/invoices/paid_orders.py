"""Orders that have been paid: which are, and their invoice when the buyer asks for it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection

from invoicing.access import Principal
from invoicing.errors import BillingDetailsMissing, OrderNotPaid
from invoicing.invoices import from_orders, queries
from invoicing.invoices.parties import buyer_of
from invoicing.invoices.queries import Issued
from invoicing.ledger import queries as ledger_queries
from invoicing.orders.actions import Action, open_to, why_nothing_to_invoice
from invoicing.orders.intake import find_order, items_of
from invoicing.orders.items import counted, sold, totals
from invoicing.orders.lawful import sold_together
from invoicing.orders.queries import parties_of
from invoicing.storage.tables import Customer, Order, OrderItem


def is_paid(order: Order, items: Sequence[OrderItem], *, unsettled: Collection[str], prepaid: int) -> bool:
    """Whether its invoices are settled and what is not invoiced yet is paid on the order.

    `unsettled` are the types of its invoices that are not settled, `prepaid` is what was paid on the order
    and has paid no invoice.
    """
    if "INVOICE" in unsettled:
        return False
    known = counted(items)
    billed = [item for item in known if item.invoice_id is not None]
    # Prices without VAT are quoted for the order: what is not billed yet asks for the difference.
    asked = totals(order, known).total - totals(order, billed).total
    return asked <= 0 or asked <= prepaid


def invoice_paid_order(
    connection: Connection, principal: Principal, order_id: str, *, now: datetime
) -> Issued:
    """Issues the invoice of everything sold on a paid order that can be invoiced now.

    If nothing is left to issue, it returns the newest invoice of the order, and has its PDF made again
    if that had failed.
    """
    order = find_order(connection, principal, order_id, lock=True, field="order_id")
    items = items_of(connection, principal, order_id)
    parties = parties_of(connection, principal, order)
    ready = open_to(Action.INVOICE, order, sold(items), parties)
    if not ready and (made := _newest(connection, principal, items)) is not None:
        return _on_its_way(connection, principal, made, now=now)
    if not _is_paid(connection, principal, order, items):
        raise OrderNotPaid(field="order_id", ids=[order_id])
    if not ready:
        raise why_nothing_to_invoice(order, sold(items), parties)
    _check_address(order, parties.customer)
    return from_orders.invoice_items(
        connection, principal, [item.id for item in sold_together(order, ready)], now=now
    )


def _newest(connection: Connection, principal: Principal, items: Sequence[OrderItem]) -> Issued | None:
    ids = {item.invoice_id for item in sold(items) if item.invoice_id}
    return queries.newest(queries.invoices_by_id(connection, principal, list(ids)).values())


def _on_its_way(connection: Connection, principal: Principal, made: Issued, *, now: datetime) -> Issued:
    if made.pdf_failed_at is None:
        return made
    return from_orders.retry_pdf(connection, principal, made.id, now=now)


def _is_paid(connection: Connection, principal: Principal, order: Order, items: Sequence[OrderItem]) -> bool:
    unsettled = ledger_queries.unsettled_by_order(connection, principal, [order.id]).get(order.id, ())
    prepaid = ledger_queries.prepaid_by_order(connection, principal, [order.id]).get(order.id, 0)
    return is_paid(order, items, unsettled=unsettled, prepaid=prepaid)


def _check_address(order: Order, customer: Customer | None) -> None:
    """An invoice names its buyer and where they are (Directive 2006/112/EC, article 226 (5))."""
    buyer = buyer_of([order], customer)
    if not buyer.name or not buyer.address.country_code:
        raise BillingDetailsMissing(field="order_id", ids=[order.id])
