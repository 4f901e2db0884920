"""Finds credits of more than was invoiced, and items that were credited twice. Reads only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import BindParameter, Connection, and_, bindparam, func, or_, select

from invoicing.decimals import decimal_text
from invoicing.storage.tables import invoice_lines, invoices, order_items
from invoicing.verify.credit_vat import find_wrong_credit_vat

_ACCOUNT_ID: BindParameter[str] = bindparam("account")
_credit = invoice_lines.alias("credit")
_line = invoice_lines.alias("line")
_undone = order_items.alias("undone")

_CREDITED = (
    select(
        invoices.c.number,
        _credit.c.credited_line_id,
        _line.c.id,
        *(func.min(_line.c[name]).label(name) for name in ("total", "quantity")),
        func.sum(_credit.c.total).label("credited"),
        func.sum(func.coalesce(_credit.c.credited_quantity, 0)).label("pieces"),
    )
    .select_from(_credit)
    .outerjoin(
        _line,
        and_(
            _line.c.account_id == _credit.c.account_id,
            _line.c.invoice_id == _credit.c.credited_invoice_id,
            _line.c.id == _credit.c.credited_line_id,
        ),
    )
    .outerjoin(
        invoices,
        and_(
            invoices.c.account_id == _credit.c.account_id,
            invoices.c.id == _credit.c.credited_invoice_id,
            invoices.c.type == "INVOICE",
        ),
    )
    .where(_credit.c.account_id == _ACCOUNT_ID, _credit.c.credited_invoice_id.is_not(None))
    .group_by(invoices.c.number, _credit.c.credited_invoice_id, _credit.c.credited_line_id, _line.c.id)
    .order_by(invoices.c.number, _credit.c.credited_line_id)
)
_WRONG_SIDE = (
    select(invoices.c.number, _line.c.id, invoices.c.type)
    .select_from(_line)
    .join(invoices, and_(invoices.c.account_id == _line.c.account_id, invoices.c.id == _line.c.invoice_id))
    .where(
        _line.c.account_id == _ACCOUNT_ID,
        or_(
            and_(invoices.c.type == "CREDIT", _line.c.credited_line_id.is_(None)),
            and_(invoices.c.type == "INVOICE", _line.c.credited_line_id.is_not(None)),
        ),
    )
    .order_by(invoices.c.number, _line.c.position)
)
_LINES_TWICE = (
    select(_line.c.order_item_id, func.count().label("times"))
    .where(_line.c.account_id == _ACCOUNT_ID, _line.c.order_item_id.is_not(None))
    .group_by(_line.c.order_item_id)
    .having(func.count() > 1)
)
_UNDONE_TWICE = (
    select(order_items.c.contra_of, func.count().label("times"))
    .where(order_items.c.account_id == _ACCOUNT_ID, order_items.c.contra_of.is_not(None))
    .group_by(order_items.c.contra_of)
    .having(func.count() > 1)
)
_CONTRAS = (
    select(order_items.c.id, order_items.c.contra_of, _undone.c.invoice_id.label("sold_on"), invoices.c.type)
    .select_from(order_items)
    .outerjoin(
        _undone,
        and_(_undone.c.account_id == order_items.c.account_id, _undone.c.id == order_items.c.contra_of),
    )
    .outerjoin(
        invoices,
        and_(invoices.c.account_id == order_items.c.account_id, invoices.c.id == order_items.c.invoice_id),
    )
    .where(
        order_items.c.account_id == _ACCOUNT_ID,
        or_(
            and_(order_items.c.contra_of.is_not(None), _undone.c.invoice_id.is_(None)),
            and_(order_items.c.contra_of.is_not(None), invoices.c.type == "INVOICE"),
            and_(order_items.c.contra_of.is_(None), invoices.c.type == "CREDIT"),
        ),
    )
    .order_by(order_items.c.id)
)

_Faults = Iterator[tuple[str, str, str]]


def find_wrong_credits(connection: Connection, account_id: str) -> _Faults:
    """A subject, a kind and a sentence for each fault. Amounts are in minor units."""
    key = {"account": account_id}
    for row in connection.execute(_CREDITED, key):
        yield from _line_faults(row)
    for number, line, type in connection.execute(_WRONG_SIDE, key):
        fault = "credits nothing" if type == "CREDIT" else "is on an invoice, and credits"
        yield number, "credits", f"Line {line} {fault}."
    yield from find_wrong_credit_vat(connection, account_id)
    yield from _item_faults(connection, key)


def _line_faults(row: Any) -> _Faults:
    subject = row.number or f"line {row.credited_line_id}"
    if row.id is None or row.number is None:
        yield subject, "credits", f"Line {row.credited_line_id}, which is credited, is on no invoice."
        return
    originals_and_credits = {
        "total": (row.total, int(row.credited)),
        "quantity": (row.quantity, -int(row.pieces)),
    }
    for name, (amount, credited) in originals_and_credits.items():
        if not 0 <= -credited * _sign(amount) <= abs(amount):
            written = decimal_text if name == "quantity" else str
            fault = f"{name} is {written(amount)}, its credits come to {written(credited)}."
            yield subject, "credits", f"Line {row.id}: {fault}"


def _item_faults(connection: Connection, key: Mapping[str, str]) -> _Faults:
    for item, times in connection.execute(_LINES_TWICE, key):
        yield item, "items", f"The item is on {times} lines."
    for item, times in connection.execute(_UNDONE_TWICE, key):
        yield item, "items", f"The item is undone by {times} contra items."
    for item, contra_of, sold_on, type in connection.execute(_CONTRAS, key):
        if contra_of is None:
            yield item, "items", "The item is no contra item, and is on a credit invoice."
        elif type == "INVOICE":
            yield item, "items", "The item is a contra item, and is on an invoice."
        if contra_of is not None and sold_on is None:
            yield item, "items", f"It undoes item {contra_of}, which is on no invoice."


def _sign(amount: int) -> int:
    return -1 if amount < 0 else 1
