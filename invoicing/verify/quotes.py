"""Finds orders whose invoices ask for something else than was quoted. Reads only.

The customer of an order priced without VAT was quoted the VAT on all of it. So what its invoices and credit
invoices ask together, roundings and all, is the VAT on the nets that are on them; a credit of an amount with
VAT may be a minor unit off. Orders with invoices of before there were roundings are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter

from sqlalchemy import BindParameter, Connection, and_, bindparam, case, func, select

from invoicing.storage.tables import invoice_lines, orders

_ACCOUNT_ID: BindParameter[str] = bindparam("account")
_FULL = 1_000_000  # a hundred percent in ten-thousandths of a percent
_IS_AMOUNT = and_(
    invoice_lines.c.credited_line_id.is_not(None), func.coalesce(invoice_lines.c.credited_quantity, 0) == 0
)
_ON_INVOICES = (
    select(
        orders.c.id,
        orders.c.number,
        invoice_lines.c.vat_rate,
        func.sum(invoice_lines.c.total_ex_vat).label("net"),
        func.sum(
            invoice_lines.c.total_ex_vat
            + invoice_lines.c.vat_amount
            + func.coalesce(invoice_lines.c.rounding, 0)
        ).label("asked"),
        func.sum(case((invoice_lines.c.rounding.is_(None), 1), else_=0)).label("old"),
        func.count(case((_IS_AMOUNT, invoice_lines.c.invoice_id)).distinct()).label("amounts"),
    )
    .join(
        invoice_lines,
        and_(invoice_lines.c.account_id == orders.c.account_id, invoice_lines.c.order_id == orders.c.id),
    )
    .where(orders.c.account_id == _ACCOUNT_ID, orders.c.is_including_vat.is_(False))
    .group_by(orders.c.id, orders.c.number, invoice_lines.c.vat_rate)
    .order_by(orders.c.id)
    .execution_options(yield_per=1_000)
)


def find_wrong_quotes(connection: Connection, account_id: str) -> Iterator[tuple[str, str, str]]:
    """A subject, a kind and a sentence for each fault. Amounts are in minor units."""
    found = connection.execute(_ON_INVOICES, {"account": account_id})
    for (_, number), rates in groupby(found, attrgetter("id", "number")):
        rows = list(rates)
        if any(row.old for row in rows):
            continue
        asked = sum(int(row.asked) for row in rows)
        quoted = sum(int(row.net) + _vat(int(row.net), row.vat_rate) for row in rows)
        if abs(asked - quoted) > sum(row.amounts for row in rows):
            yield f"order {number}", "rounding", f"Its invoices ask {asked}, of {quoted} quoted."


def _vat(net: int, rate: int) -> int:
    """Rounded half away from zero."""
    amount = (2 * abs(net) * rate + _FULL) // (2 * _FULL)
    return -amount if net < 0 else amount
