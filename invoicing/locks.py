"""The lock order of all transactions, and the functions that follow it.

Transactions that lock the same rows in the same order cannot deadlock. PostgreSQL ends a deadlock after a
second by rolling one of them back. So each command locks in this order, and locks all that it may need of a
step at once:

1. the account, or a customer;
2. the number series of orders (only `createOrder` locks it, and after it only step 6);
3. orders, by id. The lock of an order covers its items: an item is changed only with it;
4. invoices, in order of issue, those of type INVOICE before those of type CREDIT: while an invoice is locked,
   no new credit of it can appear;
5. the number series of invoices: only one transaction at a time can hold it, so it is locked late;
6. values chosen by callers, as an insert waits for another transaction that inserted the same value: handles
   of customers, ids of orders, of items, of invoices, then idempotency keys, sorted within each kind;
7. results of payments; jobs, by id; then their subjects (documents, deliveries), and payment methods;
8. last of all, the end of one chain of the audit log, any that is free: after it nothing is locked.

What deletes old rows locks only those that nobody else has locked, and waits for none.

Locks are FOR NO KEY UPDATE, for which inserts of rows that refer to a locked row do not wait.
SQLite has one writer and no row locks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import BindParameter, Connection, Integer, Select, and_, bindparam, func, select

from invoicing.storage import rows
from invoicing.storage.id_lists import id_list, is_found_by, is_one_of
from invoicing.storage.prepared import Prepared
from invoicing.storage.tables import (
    Invoice,
    Order,
    accounts,
    audit_heads,
    invoice_lines,
    invoices,
    is_of_customer,
    order_items,
    orders,
)

T = TypeVar("T")

_ACCOUNT_ID: BindParameter[str] = bindparam("account")
_IDS = id_list("ids")


def for_no_key_update(statement: Select[Any]) -> Select[Any]:
    """The statement, which locks its rows against changes and other locks until the transaction ends."""
    return statement.with_for_update(key_share=True)


def for_key_share(statement: Select[Any]) -> Select[Any]:
    """The statement, which keeps its rows from being deleted, so that inserts can refer to them."""
    return statement.with_for_update(read=True, key_share=True)


def skip_locked(statement: Select[Any]) -> Select[Any]:
    """The statement, which locks its rows, and leaves out those that others have locked."""
    return statement.with_for_update(skip_locked=True)


_LOCK_ACCOUNT = Prepared(for_no_key_update(select(accounts.c.id).where(accounts.c.id == _ACCOUNT_ID)))

_HEADS = select(audit_heads).where(audit_heads.c.account_id == _ACCOUNT_ID)
_FREE_LANE = (
    _HEADS.with_only_columns(audit_heads.c.lane)
    .order_by(audit_heads.c.lane)
    .limit(1)
    .with_for_update(key_share=True, skip_locked=True)
    .scalar_subquery()
)
LOCKED_AUDIT_HEAD = for_no_key_update(
    _HEADS.where(audit_heads.c.lane == func.coalesce(_FREE_LANE, bindparam("any_lane", type_=Integer)))
).subquery("head")
"""The end of a chain of the audit log, which is locked: one that is free, or else that of `any_lane`."""

_ORDERS = (
    select(orders)
    .where(orders.c.account_id == _ACCOUNT_ID, is_of_customer(orders.c.customer_id))
    .order_by(orders.c.id)
)
_OF_ITEMS = select(order_items.c.order_id).where(
    order_items.c.account_id == _ACCOUNT_ID, is_one_of(order_items.c.id, _IDS)
)
_LOCK_ORDERS = Prepared(for_no_key_update(_ORDERS.where(is_one_of(orders.c.id, _IDS))))
_LOCK_ORDERS_OF_ITEMS = Prepared(for_no_key_update(_ORDERS.where(is_found_by(orders.c.id, _OF_ITEMS))))


class LockedInvoice(NamedTuple):
    """The columns of an invoice that commands need most."""

    id: str
    number: str
    type: str
    total: int
    rounding: int
    currency: str
    customer_id: str | None

    @property
    def due(self) -> int:
        """What it asks for, before payments; negative on a credit invoice."""
        return self.total + self.rounding


_INVOICES = (
    select(*(invoices.c[name] for name in LockedInvoice._fields))
    .where(invoices.c.account_id == _ACCOUNT_ID, is_one_of(invoices.c.id, _IDS))
    .order_by(invoices.c.type.desc(), invoices.c.created_at, invoices.c.id)  # INVOICE, then CREDIT
)
_LOCK_INVOICES = Prepared(for_no_key_update(_INVOICES))
_LOCK_SALES = Prepared(for_no_key_update(_INVOICES.where(invoices.c.type == "INVOICE")))
_WHOLE = _INVOICES.with_only_columns(invoices)
_LOCK_WHOLE = Prepared(for_no_key_update(_WHOLE))
_LOCK_WITH_VAT = Prepared(for_no_key_update(_WHOLE.where(invoices.c.is_including_vat.is_(True))))

_OF_ORDERS = (invoice_lines.c.account_id == _ACCOUNT_ID, is_one_of(invoice_lines.c.order_id, _IDS))
_other_line = invoice_lines.alias("other_line")
_ON_SAME_INVOICE = and_(
    _other_line.c.account_id == invoice_lines.c.account_id,
    _other_line.c.invoice_id == invoice_lines.c.invoice_id,
)
_ORDERS_SHARING = Prepared(
    select(_other_line.c.order_id)
    .join_from(invoice_lines, _other_line, _ON_SAME_INVOICE)
    .where(*_OF_ORDERS, _other_line.c.order_id.is_not(None))
    .distinct()
)
_ORDERS_ON = (
    select(invoice_lines.c.order_id)
    .where(
        invoice_lines.c.account_id == _ACCOUNT_ID,
        is_one_of(invoice_lines.c.invoice_id, _IDS),
        invoice_lines.c.order_id.is_not(None),
    )
    .distinct()
)
_READ_ORDERS_ON = Prepared(_ORDERS_ON)
_QUOTED_ORDERS_ON = _ORDERS_ON.join(
    invoices,
    and_(invoices.c.account_id == invoice_lines.c.account_id, invoices.c.id == invoice_lines.c.invoice_id),
).where(invoices.c.is_including_vat.is_(False))
_LOCK_QUOTED_ORDERS = Prepared(
    for_no_key_update(
        select(orders.c.id)
        .where(orders.c.account_id == _ACCOUNT_ID, orders.c.id.in_(_QUOTED_ORDERS_ON))
        .order_by(orders.c.id)
    )
)
_SALES_OF = Prepared(
    select(invoice_lines.c.invoice_id)
    .where(*_OF_ORDERS, invoice_lines.c.credited_invoice_id.is_(None))
    .distinct()
)
_ORIGINALS_OF = Prepared(
    select(invoice_lines.c.credited_invoice_id)
    .where(
        invoice_lines.c.account_id == _ACCOUNT_ID,
        is_one_of(invoice_lines.c.invoice_id, _IDS),
        invoice_lines.c.credited_invoice_id.is_not(None),
    )
    .distinct()
)
_CREDITS_OF = Prepared(
    select(invoice_lines.c.invoice_id)
    .where(invoice_lines.c.account_id == _ACCOUNT_ID, is_one_of(invoice_lines.c.credited_invoice_id, _IDS))
    .distinct()
)


def lock_account(connection: Connection, account_id: str) -> None:
    """Locks the account's row against other changes."""
    rows.values(connection, _LOCK_ACCOUNT, {"account": account_id})


def lock_orders(
    connection: Connection, account_id: str, ids: Iterable[str], *, customer_id: str | None = None
) -> list[Order]:
    """Locks the orders and their items; with `customer_id`, only the orders of this customer."""
    return _fetch(connection, _LOCK_ORDERS, account_id, ids, customer=customer_id, as_=Order)


def ask_lock_of_orders_of_items(
    connection: Connection, account_id: str, item_ids: Iterable[str], *, customer_id: str | None = None
) -> Callable[[], list[Order]]:
    """`lock_orders` of these items, done with the next statement or when the orders are asked for."""
    key = {"account": account_id, "ids": sorted({*item_ids}), "customer": customer_id}
    return rows.ask(connection, _LOCK_ORDERS_OF_ITEMS, key, as_=Order)


def lock_invoices(connection: Connection, account_id: str, ids: Iterable[str]) -> list[LockedInvoice]:
    """Locks the invoices against credits and changes of what is paid."""
    return _fetch(connection, _LOCK_INVOICES, account_id, ids, as_=LockedInvoice)


def lock_originals(connection: Connection, account_id: str, ids: Iterable[str]) -> list[Invoice]:
    """Locks invoices to credit, so that no new credits of them can appear. Their orders are locked."""
    return _fetch(connection, _LOCK_WHOLE, account_id, ids, as_=Invoice)


def lock_original(connection: Connection, account_id: str, invoice_id: str) -> list[Invoice]:
    """Locks an invoice to credit, if it exists, and before it the orders whose quotes its credits keep to,
    with all their invoices.

    Only invoices with prices without VAT have such orders, so the others are locked at once.
    """
    if found := _fetch(connection, _LOCK_WITH_VAT, account_id, [invoice_id], as_=Invoice):
        return found
    lock_quoted_orders(connection, account_id, invoice_id)
    return lock_originals(connection, account_id, [invoice_id])


def lock_quoted_orders(connection: Connection, account_id: str, invoice_id: str) -> None:
    """Locks the orders on the invoice if their prices are without VAT, and all their invoices: its credits
    keep to the orders' quotes, and are set off against what rounding left."""
    if quoted := _fetch_ids(connection, _LOCK_QUOTED_ORDERS, account_id, [invoice_id]):
        lock_invoices_of_quoted(connection, account_id, quoted)


def lock_invoices_of_quoted(connection: Connection, account_id: str, order_ids: Sequence[str]) -> None:
    """Locks all invoices of these orders, which are locked, and of the orders that share one with them: what
    rounding left on one may be set off against another. Then all their credit invoices."""
    sales = sales_of(connection, account_id, orders_sharing(connection, account_id, order_ids))
    lock_invoices(connection, account_id, sales)
    lock_credits_of(connection, account_id, sales)


def lock_credits_of(connection: Connection, account_id: str, invoice_ids: Iterable[str]) -> None:
    """Locks the credit invoices of these invoices, which are locked, so that no new ones can appear."""
    lock_invoices(connection, account_id, credits_of(connection, account_id, invoice_ids))


def lock_sales_of(connection: Connection, account_id: str, order_id: str) -> None:
    """Locks the invoices that payments on the order may pay. The order is locked already."""
    lock_invoices(connection, account_id, sales_of(connection, account_id, [order_id]))


def lock_for_refund(
    connection: Connection, account_id: str, *, order_id: str | None = None, invoice_id: str | None = None
) -> None:
    """Locks all that the refund of a payment on the order or the invoice may change.

    These are the orders that share an invoice with it, as their payments may be allocated again; the invoices
    of all these orders; and the credit invoices of those.
    """
    named = [each for each in (invoice_id,) if each is not None]
    seeds = [order_id] if order_id is not None else orders_on(connection, account_id, str(invoice_id))
    sharing = _lock_orders_sharing(connection, account_id, seeds)
    sales = {*sales_of(connection, account_id, sharing), *named}
    held = {each.id for each in _fetch(connection, _LOCK_SALES, account_id, sales, as_=LockedInvoice)}
    lock_invoices(connection, account_id, {*credits_of(connection, account_id, sales), *named} - held)


def _lock_orders_sharing(connection: Connection, account_id: str, seeds: Sequence[str]) -> list[str]:
    """Locks the orders that share invoices; repeats it if others joined before the locks were granted."""
    while ids := orders_sharing(connection, account_id, seeds):
        attempt = connection.begin_nested()
        lock_orders(connection, account_id, ids)
        if orders_sharing(connection, account_id, seeds) == ids:
            attempt.commit()
            break
        attempt.rollback()  # releases the locks, so that all can be taken in order
    return ids


def orders_on(connection: Connection, account_id: str, invoice_id: str) -> list[str]:
    """The orders with lines on the invoice."""
    return _fetch_ids(connection, _READ_ORDERS_ON, account_id, [invoice_id])


def orders_sharing(connection: Connection, account_id: str, order_ids: Sequence[str]) -> list[str]:
    """These orders, and those with lines on the same invoices."""
    others = _fetch_ids(connection, _ORDERS_SHARING, account_id, order_ids)
    return sorted({*order_ids, *others})


def sales_of(connection: Connection, account_id: str, order_ids: Sequence[str]) -> list[str]:
    """The invoices, without credit invoices, that have lines of these orders."""
    return _fetch_ids(connection, _SALES_OF, account_id, order_ids)


def credits_of(connection: Connection, account_id: str, invoice_ids: Iterable[str]) -> list[str]:
    """The credit invoices of these invoices."""
    return _fetch_ids(connection, _CREDITS_OF, account_id, invoice_ids)


def originals_of(connection: Connection, account_id: str, invoice_ids: Iterable[str]) -> list[str]:
    """The invoices that these credit invoices credit."""
    return _fetch_ids(connection, _ORIGINALS_OF, account_id, invoice_ids)


def _fetch_ids(connection: Connection, statement: Prepared, account_id: str, ids: Iterable[str]) -> list[str]:
    sorted_ids = sorted(set(ids))
    if not sorted_ids:
        return []
    return rows.values(connection, statement, {"account": account_id, "ids": sorted_ids})


def _fetch(
    connection: Connection,
    statement: Prepared,
    account_id: str,
    ids: Iterable[str],
    *,
    as_: type[T],
    **more: object,
) -> list[T]:
    sorted_ids = sorted(set(ids))
    if not sorted_ids:
        return []
    return rows.all_(connection, statement, {"account": account_id, "ids": sorted_ids, **more}, as_=as_)
