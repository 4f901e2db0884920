"""How much of its invoices an order's payments may still pay: only the lines of the order itself."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import BindParameter, Connection, Select, and_, bindparam, case, func, select

from invoicing.storage import rows
from invoicing.storage.prepared import Prepared
from invoicing.storage.tables import allocations, invoice_lines, payments

_MINE: BindParameter[str] = bindparam("account")
_ORDER: BindParameter[str] = bindparam("order")
_ASKED = func.sum(
    invoice_lines.c.total_ex_vat + invoice_lines.c.vat_amount + func.coalesce(invoice_lines.c.rounding, 0)
)
_OF_ORDER = (invoice_lines.c.account_id == _MINE, invoice_lines.c.order_id == _ORDER)

_BOUGHT = Prepared(
    select(invoice_lines.c.invoice_id, _ASKED)
    .where(*_OF_ORDER, invoice_lines.c.credited_invoice_id.is_(None))
    .group_by(invoice_lines.c.invoice_id)
)
_PAYMENTS = select(payments.c.id).where(payments.c.account_id == _MINE, payments.c.order_id == _ORDER)
_PAID = (
    Prepared(  # with a join alone, or for sums by invoice, SQLite would read all the account's allocations
        select(
            allocations.c.invoice_id,
            case((payments.c.type == "REFUND", -allocations.c.amount), else_=allocations.c.amount),
        )
        .join(
            payments,
            and_(
                payments.c.account_id == allocations.c.account_id, payments.c.id == allocations.c.payment_id
            ),
        )
        .where(allocations.c.account_id == _MINE, allocations.c.payment_id.in_(_PAYMENTS))
    )
)


def _set_off() -> Select[tuple[object, ...]]:
    credited = (
        select(
            invoice_lines.c.invoice_id.label("credit"),
            invoice_lines.c.credited_invoice_id.label("sale"),
            (-_ASKED).label("amount"),
        )
        .where(*_OF_ORDER, invoice_lines.c.credited_invoice_id.is_not(None))
        .group_by(invoice_lines.c.invoice_id, invoice_lines.c.credited_invoice_id)
        .having(_ASKED < 0)
        .subquery("credited")
    )
    return select(
        credited.c.sale,
        case((credited.c.amount < allocations.c.amount, credited.c.amount), else_=allocations.c.amount),
    ).join(
        allocations,
        and_(
            allocations.c.account_id == _MINE,
            allocations.c.credit_invoice_id == credited.c.credit,
            allocations.c.invoice_id == credited.c.sale,
        ),
    )


_SET_OFF = Prepared(_set_off)


def shares_of(connection: Connection, account_id: str, order_id: str) -> dict[str, int]:
    """For each invoice with lines of the order, what its payments and credits have not paid of these lines.

    A credit that was not set off is settled by refunds, which go to the credit invoice: what it credits
    counts as paid on the invoice.
    """
    key = {"account": account_id, "order": order_id}
    found = Counter({id: int(gross) for id, gross in rows.plain(connection, _BOUGHT, key)})
    for statement in (_PAID, _SET_OFF):
        for id, amount in rows.plain(connection, statement, key):
            if id in found:
                found[id] -= int(amount)
    return found
