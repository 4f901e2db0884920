"""Finds credits that were not set off against what their invoices ask: an older server knew no ledger.

A credit invoice is set off when it is issued, against what its invoices ask at that moment. So it never owes
money while an invoice that it credits asks money that was never paid. (What was paid and refunded later is
asked again, and may stand beside a credit that is to be refunded.)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import BindParameter, Connection, and_, bindparam, func, select

from invoicing.storage.tables import allocations, invoice_lines

_BATCH = 1_000
_ACCOUNT_ID: BindParameter[str] = bindparam("account")
_ASKED = (
    invoice_lines.c.total_ex_vat + invoice_lines.c.vat_amount + func.coalesce(invoice_lines.c.rounding, 0)
)
_set_off = (
    select(
        allocations.c.credit_invoice_id, allocations.c.invoice_id, func.sum(allocations.c.amount).label("sum")
    )
    .where(allocations.c.account_id == _ACCOUNT_ID, allocations.c.credit_invoice_id.is_not(None))
    .group_by(allocations.c.credit_invoice_id, allocations.c.invoice_id)
    .subquery("set_off")
)
_credited = (
    select(
        invoice_lines.c.invoice_id.label("credit"),
        invoice_lines.c.credited_invoice_id.label("invoice"),
        (-func.sum(_ASKED)).label("amount"),
    )
    .where(invoice_lines.c.account_id == _ACCOUNT_ID, invoice_lines.c.credited_invoice_id.is_not(None))
    .group_by(invoice_lines.c.invoice_id, invoice_lines.c.credited_invoice_id)
    .subquery("credited")
)
_NOT_SET_OFF = (
    select(_credited.c.credit, _credited.c.invoice)
    .outerjoin_from(
        _credited,
        _set_off,
        and_(
            _set_off.c.credit_invoice_id == _credited.c.credit, _set_off.c.invoice_id == _credited.c.invoice
        ),
    )
    .where(_credited.c.amount > func.coalesce(_set_off.c.sum, 0))
    .execution_options(yield_per=_BATCH)
)

Open = Mapping[str, tuple[str, int]]
"""Numbers and amounts of invoices, by their ids."""


def find_missed_set_offs(
    connection: Connection, account_id: str, owing: Open, asking: Open
) -> Iterator[tuple[str, str, str]]:
    """The number, the kind and a sentence for each credit of `owing` that an invoice of `asking` needs."""
    if not owing or not asking:
        return
    for credit, invoice in connection.execute(_NOT_SET_OFF, {"account": account_id}):
        if credit in owing and invoice in asking:
            number, owed = owing[credit]
            against, asked = asking[invoice]
            yield (
                number,
                "set-off",
                f"It owes {owed}, and {against}, which it credits, asks {asked}: neither is set off.",
            )
