"""Finds discounts that were not given, or given twice, and invoices below zero. Reads only."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import BindParameter, Connection, and_, bindparam, case, exists, func, or_, select

from invoicing.storage.tables import invoice_lines, invoices, order_items, orders

_ACCOUNT_ID: BindParameter[str] = bindparam("account")
_undone = order_items.alias("undone")
_IS_DISCOUNT = order_items.c.type == "DISCOUNT"
_IS_SOLD = order_items.c.contra_of.is_(None)
_SUBTOTAL = order_items.c.subtotal
_OFF = order_items.c.discount + order_items.c.allocated_discount

# A DISCOUNT that was invoiced or undone itself is of before discounts were shared out: it has no shares.
_IS_SHARED_OUT = and_(
    _IS_DISCOUNT, _IS_SOLD, order_items.c.invoice_id.is_(None), order_items.c.undone_as.is_(None)
)
_GIVEN = func.sum(case((_IS_SOLD, order_items.c.allocated_discount), else_=0))
_ORDERED = func.sum(case((_IS_SHARED_OUT, -_SUBTOTAL), else_=0))
_NOT_GIVEN = (
    select(orders.c.number, _GIVEN.label("given"), _ORDERED.label("ordered"))
    .join(order_items, and_(order_items.c.account_id == _ACCOUNT_ID, order_items.c.order_id == orders.c.id))
    .where(orders.c.account_id == _ACCOUNT_ID)
    .group_by(orders.c.id, orders.c.number)
    .having(_GIVEN != _ORDERED)
    .order_by(orders.c.number)
)
_TOO_MUCH = (
    select(order_items.c.id, order_items.c.allocated_discount)
    .where(
        order_items.c.account_id == _ACCOUNT_ID,
        or_(
            and_(_IS_DISCOUNT, order_items.c.allocated_discount != 0),
            and_(_IS_SOLD, order_items.c.allocated_discount < 0),
            and_(_IS_SOLD, order_items.c.allocated_discount > 0, _OFF > _SUBTOTAL),
        ),
    )
    .order_by(order_items.c.id)
)
_NOT_GIVEN_BACK = (
    select(order_items.c.id, order_items.c.allocated_discount, _undone.c.allocated_discount.label("given"))
    .join(
        _undone,
        and_(_undone.c.account_id == order_items.c.account_id, _undone.c.id == order_items.c.contra_of),
    )
    .where(
        order_items.c.account_id == _ACCOUNT_ID,
        order_items.c.allocated_discount != -_undone.c.allocated_discount,
    )
    .order_by(order_items.c.id)
)
_NOT_ON_PAPER = (
    select(invoices.c.number, invoice_lines.c.id, invoice_lines.c.discount, func.sum(_OFF).label("off"))
    .select_from(invoice_lines)
    .join(
        order_items,
        and_(
            order_items.c.account_id == _ACCOUNT_ID,
            order_items.c.order_id == invoice_lines.c.order_id,
            order_items.c.invoice_id == invoice_lines.c.invoice_id,
            order_items.c.invoiced_as == invoice_lines.c.order_item_id,
        ),
    )
    .join(invoices, and_(invoices.c.account_id == _ACCOUNT_ID, invoices.c.id == invoice_lines.c.invoice_id))
    .where(invoice_lines.c.account_id == _ACCOUNT_ID, invoices.c.type == "INVOICE")
    .group_by(invoices.c.number, invoice_lines.c.id, invoice_lines.c.discount)
    .having(func.sum(_OFF) != invoice_lines.c.discount)
    .order_by(invoices.c.number, invoice_lines.c.id)
)
_BELOW_ZERO = (
    select(invoices.c.number, invoices.c.total)
    .where(
        invoices.c.account_id == _ACCOUNT_ID,
        invoices.c.type == "INVOICE",
        invoices.c.total < 0,
        ~exists().where(
            invoice_lines.c.account_id == _ACCOUNT_ID,
            invoice_lines.c.invoice_id == invoices.c.id,
            order_items.c.account_id == _ACCOUNT_ID,
            order_items.c.id == invoice_lines.c.order_item_id,
            _IS_DISCOUNT,
        ),
    )
    .order_by(invoices.c.number)
)


def find_wrong_discounts(connection: Connection, account_id: str) -> Iterator[tuple[str, str, str]]:
    """A subject, a kind and a sentence for each fault. Amounts are in minor units."""
    key = {"account": account_id}
    for number, given, ordered in connection.execute(_NOT_GIVEN, key):
        yield (
            f"order {number}",
            "discounts",
            f"Its discounts come to {ordered}, the shares to {given}.",
        )
    for item, share in connection.execute(_TOO_MUCH, key):
        yield item, "discounts", f"{share} of the order's discounts is no share that the item can have."
    for item, share, given in connection.execute(_NOT_GIVEN_BACK, key):
        yield item, "discounts", f"Its share is {share}, that of the item it undoes {given}."
    for number, line, discount, off in connection.execute(_NOT_ON_PAPER, key):
        yield number, "discounts", f"Line {line} has a discount of {discount}, its items of {off}."
    for number, total in connection.execute(_BELOW_ZERO, key):
        yield number, "total", f"total is {total}: an invoice never asks for less than nothing."
