"""Ships, invoices and credits what was imported, many documents in one transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BindParameter, Connection, and_, bindparam, func, select, update

from invoicing.access import Principal
from invoicing.errors import VatTreatmentNotAllowed
from invoicing.invoices import from_orders
from invoicing.invoices.credit_lines import lock_invoices_to_credit
from invoicing.invoices.queries import Issued
from invoicing.locks import lock_credits_of, lock_orders, orders_sharing, sales_of
from invoicing.orders.actions_sql import IS_APPLIED
from invoicing.orders.items import MAX_ITEMS
from invoicing.storage.id_lists import id_list, is_one_of
from invoicing.storage.tables import order_items

_ACCOUNT_ID: BindParameter[str] = bindparam("account")
_IDS = id_list("ids")
_OF_ORDERS = order_items.c.account_id == _ACCOUNT_ID, is_one_of(order_items.c.order_id, _IDS)
_UNCREDITED = order_items.c.contra_of.is_not(None), order_items.c.invoice_id.is_(None)
_ITEMS = select(
    order_items.c.order_id, order_items.c.invoice_id, order_items.c.undone_as, order_items.c.shipped_at
).where(*_OF_ORDERS, ~IS_APPLIED)
_SHIP = (
    update(order_items)
    .where(*_OF_ORDERS, order_items.c.undone_as.is_(None), order_items.c.shipped_at.is_(None), ~IS_APPLIED)
    .values(shipped_at=bindparam("now"))
)
# Sorted by an expression: with a plain column, SQLite would scan all items of the account in that order.
_CONTRAS = (
    select(order_items.c.id, order_items.c.contra_of, order_items.c.finished_at, order_items.c.undo_reason)
    .where(*_OF_ORDERS, *_UNCREDITED, is_one_of(order_items.c.undo_reason, id_list("numbers")))
    .order_by(order_items.c.id.concat(""))
)
_SOLD_ON = (
    select(order_items.c.invoice_id)
    .where(order_items.c.account_id == _ACCOUNT_ID, is_one_of(order_items.c.id, _IDS))
    .distinct()
)
_FINISH = (
    update(order_items)
    .where(and_(order_items.c.account_id == _ACCOUNT_ID, is_one_of(order_items.c.id, _IDS)))
    .values(
        {
            name: func.coalesce(order_items.c[name], bindparam("now", type_=order_items.c[name].type))
            for name in ("received_at", "approved_at", "finished_at")
        }
    )
)


def invoice_orders(
    connection: Connection, principal: Principal, order_ids: Sequence[str], *, now: datetime
) -> tuple[list[Issued], list[str]]:
    """Ships the orders and issues an invoice for each that has something left to invoice.

    All orders are locked before the first number is taken. Returns the invoices, and the ids of the orders
    whose VAT category the law does not allow: they stay as they are, to be corrected.
    """
    key = {"account": principal.account_id, "ids": list(order_ids)}
    lock_orders(connection, principal.account_id, order_ids)
    items = [item for item in connection.execute(_ITEMS, key) if item.undone_as is None]
    to_invoice = {item.order_id for item in items if item.invoice_id is None}
    if any(item.shipped_at is None for item in items):
        connection.execute(_SHIP, {**key, "now": now})
    issued, refused = [], []
    for id in order_ids:
        if id in to_invoice:
            try:
                issued.append(from_orders.invoice_order(connection, principal, id, now=now))
            except VatTreatmentNotAllowed:
                refused.append(id)
    return issued, refused


def credit_cancellations(
    connection: Connection,
    principal: Principal,
    order_ids: Sequence[str],
    numbers: Sequence[str],
    *,
    now: datetime,
) -> list[Issued]:
    """A credit invoice for each of the cancellation documents that has something left to credit.

    Contra items that wait for a step are finished first, just as `invoice_orders` ships what it invoices.
    """
    account = {"account": principal.account_id}
    key = {**account, "ids": list(order_ids), "numbers": list(numbers)}
    covered = lock_orders(connection, principal.account_id, order_ids)
    contras = connection.execute(_CONTRAS, key).all()
    if unfinished := [contra.id for contra in contras if contra.finished_at is None]:
        connection.execute(_FINISH, {**account, "ids": unfinished, "now": now})
    undone = {**account, "ids": [contra.contra_of for contra in contras]}
    sales = set(connection.execute(_SOLD_ON, undone).scalars())
    if quoted := [order.id for order in covered if not order.is_including_vat]:
        sharing = orders_sharing(connection, principal.account_id, quoted)
        sales |= {*sales_of(connection, principal.account_id, sharing)}  # each may be set off against others
    lock_invoices_to_credit(connection, principal, sales)
    lock_credits_of(connection, principal.account_id, sales)  # all of them before the first number is taken
    contra_ids: defaultdict[str, list[str]] = defaultdict(list)
    for contra in contras:
        contra_ids[contra.undo_reason].append(contra.id)
    return [
        from_orders.invoice_items(
            connection, principal, contra_ids[number][start : start + MAX_ITEMS], now=now
        )
        for number in numbers
        for start in range(0, len(contra_ids[number]), MAX_ITEMS)
    ]
