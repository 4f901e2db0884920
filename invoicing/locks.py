"""The one order in which a transaction locks rows, and the functions that keep it.

Two transactions that lock the same rows in the same order never wait for each other in a ring, which
PostgreSQL would end after a second by undoing one of them. So each command locks in this order, and all that
it may need of a step at once:

1. the account, or a customer;
2. the series that numbers orders (`createOrder` alone does, and after it only step 6);
3. orders, by id. The lock of an order is that of its items too: nobody changes an item without it;
4. invoices, in order of issue, those of the type INVOICE before those of the type CREDIT: whoever has locked
   an invoice knows for certain what credits it;
5. the series that numbers invoices: it lets one transaction issue at a time, so it is locked late;
6. what callers name: an insert waits for a transaction that has inserted the same. Handles of customers, ids
   of orders, of items, of invoices, then idempotency keys; several of a kind are sorted;
7. what payments came to; jobs, by id; then what these are about (documents, deliveries), and payment methods.

Locks are FOR NO KEY UPDATE: whoever inserts a row that refers to a locked one does not wait for it.
SQLite has one writer and locks no rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import BindParameter, Connection, Select, and_, bindparam, select

from invoicing.storage import rows
from invoicing.storage.tables import (
    Invoice,
    Order,
    accounts,
    invoice_lines,
    invoices,
    is_of_customer,
    order_items,
    orders,
)

T = TypeVar("T")

_MINE: BindParameter[str] = bindparam("account")
_IDS: BindParameter[Sequence[str]] = bindparam("ids", expanding=True)


def locking(statement: Select[Any]) -> Select[Any]:
    """Nobody else changes or locks the rows that it finds until the transaction ends."""
    return statement.with_for_update(key_share=True)


def referring(statement: Select[Any]) -> Select[Any]:
    """The rows that it finds keep their keys until the transaction ends: inserts that refer to them can."""
    return statement.with_for_update(read=True, key_share=True)


_LOCK_ACCOUNT = locking(select(accounts.c.id).where(accounts.c.id == _MINE))

_ORDERS = (
    select(orders)
    .where(orders.c.account_id == _MINE, is_of_customer(orders.c.customer_id))
    .order_by(orders.c.id)
)
_OF_ITEMS = select(order_items.c.order_id).where(
    order_items.c.account_id == _MINE, order_items.c.id.in_(_IDS)
)
_LOCK_ORDERS = locking(_ORDERS.where(orders.c.id.in_(_IDS)))
_LOCK_ORDERS_OF_ITEMS = locking(_ORDERS.where(orders.c.id.in_(_OF_ITEMS)))


class LockedInvoice(NamedTuple):
    """The columns of an invoice that are asked for most."""

    id: str
    number: str
    type: str
    total: int
    currency: str
    customer_id: str | None


_INVOICES = (
    select(*(invoices.c[name] for name in LockedInvoice._fields))
    .where(invoices.c.account_id == _MINE, invoices.c.id.in_(_IDS))
    .order_by(invoices.c.type.desc(), invoices.c.created_at, invoices.c.id)  # INVOICE, then CREDIT
)
_LOCK_INVOICES = locking(_INVOICES)
_LOCK_SALES = locking(_INVOICES.where(invoices.c.type == "INVOICE"))
_LOCK_WHOLE = locking(_INVOICES.with_only_columns(invoices))

_OF_ORDERS = (invoice_lines.c.account_id == _MINE, invoice_lines.c.order_id.in_(_IDS))
_beside = invoice_lines.alias("beside")
_SHARED = and_(
    _beside.c.account_id == invoice_lines.c.account_id, _beside.c.invoice_id == invoice_lines.c.invoice_id
)
_ORDERS_SHARING = (
    select(_beside.c.order_id)
    .join_from(invoice_lines, _beside, _SHARED)
    .where(*_OF_ORDERS, _beside.c.order_id.is_not(None))
    .distinct()
)
_ORDERS_ON = (
    select(invoice_lines.c.order_id)
    .where(
        invoice_lines.c.account_id == _MINE,
        invoice_lines.c.invoice_id.in_(_IDS),
        invoice_lines.c.order_id.is_not(None),
    )
    .distinct()
)
_SALES_OF = (
    select(invoice_lines.c.invoice_id)
    .where(*_OF_ORDERS, invoice_lines.c.credited_invoice_id.is_(None))
    .distinct()
)
_CREDITS_OF = (
    select(invoice_lines.c.invoice_id)
    .where(invoice_lines.c.account_id == _MINE, invoice_lines.c.credited_invoice_id.in_(_IDS))
    .distinct()
)


def lock_account(connection: Connection, account_id: str) -> None:
    """One change of what the account's row sums up at a time."""
    connection.execute(_LOCK_ACCOUNT, {"account": account_id})


def lock_orders(
    connection: Connection, account_id: str, ids: Iterable[str], *, customer_id: str | None = None
) -> list[Order]:
    """The orders, which nobody else changes, nor their items; only those of the customer, if one is named."""
    return _found(connection, _LOCK_ORDERS, account_id, ids, customer=customer_id, as_=Order)


def lock_orders_of_items(
    connection: Connection, account_id: str, item_ids: Iterable[str], *, customer_id: str | None = None
) -> list[Order]:
    """The same, of the orders of these items."""
    return _found(connection, _LOCK_ORDERS_OF_ITEMS, account_id, item_ids, customer=customer_id, as_=Order)


def lock_invoices(connection: Connection, account_id: str, ids: Iterable[str]) -> list[LockedInvoice]:
    """Nobody else credits the invoices, or moves money on them."""
    return _found(connection, _LOCK_INVOICES, account_id, ids, as_=LockedInvoice)


def lock_originals(connection: Connection, account_id: str, ids: Iterable[str]) -> list[Invoice]:
    """Invoices to be credited, with all their columns; and what credits them, which a new credit may be set
    off against. Where one of them is itself a credit invoice, which cannot be credited, that is left out."""
    originals = _found(connection, _LOCK_WHOLE, account_id, ids, as_=Invoice)
    if all(each.type == "INVOICE" for each in originals):
        lock_credits_of(connection, account_id, [each.id for each in originals])
    return originals


def lock_credits_of(connection: Connection, account_id: str, invoice_ids: Iterable[str]) -> None:
    """What credits these invoices, which are locked: there will be no more of it."""
    lock_invoices(connection, account_id, credits_of(connection, account_id, invoice_ids))


def lock_sales_of(connection: Connection, account_id: str, order_id: str) -> None:
    """The invoices that the payments on an order, which is locked, may pay."""
    lock_invoices(connection, account_id, sales_of(connection, account_id, [order_id]))


def lock_for_refund(
    connection: Connection, account_id: str, *, order_id: str | None = None, invoice_id: str | None = None
) -> None:
    """All that a refund of what was paid on the order or on the invoice may change.

    These are the orders that share an invoice with it, since their money may pay again; the invoices of all
    of these; and what credits those.
    """
    named = [each for each in (invoice_id,) if each is not None]
    seeds = [order_id] if order_id is not None else orders_on(connection, account_id, str(invoice_id))
    sharing = _lock_orders_sharing(connection, account_id, seeds)
    sales = {*sales_of(connection, account_id, sharing), *named}
    held = {each.id for each in _found(connection, _LOCK_SALES, account_id, sales, as_=LockedInvoice)}
    lock_invoices(connection, account_id, {*credits_of(connection, account_id, sales), *named} - held)


def _lock_orders_sharing(connection: Connection, account_id: str, seeds: Sequence[str]) -> list[str]:
    """Until those that are locked are all there are: others may have joined before their locks were had."""
    while ids := orders_sharing(connection, account_id, seeds):
        attempt = connection.begin_nested()
        lock_orders(connection, account_id, ids)
        if orders_sharing(connection, account_id, seeds) == ids:
            attempt.commit()
            break
        attempt.rollback()  # which lets go of the locks, so that all are taken in their order
    return ids


def orders_on(connection: Connection, account_id: str, invoice_id: str) -> list[str]:
    """The orders with lines on the invoice."""
    return _ids(connection, _ORDERS_ON, account_id, [invoice_id])


def orders_sharing(connection: Connection, account_id: str, order_ids: Sequence[str]) -> list[str]:
    """These orders, and those with lines on the same invoices."""
    beside = _ids(connection, _ORDERS_SHARING, account_id, order_ids)
    return sorted({*order_ids, *beside})


def sales_of(connection: Connection, account_id: str, order_ids: Sequence[str]) -> list[str]:
    """The invoices that the orders have lines on, credit invoices apart."""
    return _ids(connection, _SALES_OF, account_id, order_ids)


def credits_of(connection: Connection, account_id: str, invoice_ids: Iterable[str]) -> list[str]:
    """The credit invoices of these invoices."""
    return _ids(connection, _CREDITS_OF, account_id, invoice_ids)


def _ids(connection: Connection, statement: Select[Any], account_id: str, ids: Iterable[str]) -> list[str]:
    wanted = sorted(set(ids))
    if not wanted:
        return []
    return [*connection.execute(statement, {"account": account_id, "ids": wanted}).scalars()]


def _found(
    connection: Connection,
    statement: Select[Any],
    account_id: str,
    ids: Iterable[str],
    *,
    as_: type[T],
    **more: object,
) -> list[T]:
    wanted = sorted(set(ids))
    if not wanted:
        return []
    return rows.all_(connection, statement, {"account": account_id, "ids": wanted, **more}, as_=as_)
