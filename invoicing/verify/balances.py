"""Whether no invoice gets more than it asks and no credit gives more than it owes, and states agree.

Reads only. A state has a memory: what was settled once stays SETTLED or CANCELLED, whatever is refunded.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import BindParameter, Connection, and_, bindparam, case, func, literal, select, union_all

from invoicing.storage.tables import allocations, invoice_lines, invoices, payments

_WINDOW = 1_000
_MINE: BindParameter[str] = bindparam("account")
_NO = literal(0)
_GROSS = invoice_lines.c.total_ex_vat + invoice_lines.c.vat_amount
_IS_REFUND = payments.c.type == "REFUND"
_credit = invoices.alias("credit")

_MOVES = ("paid", "given", "refunded", "set_off", "taken", "credited", "failures")
_OF_PAYMENT = and_(payments.c.account_id == _MINE, payments.c.id == allocations.c.payment_id)


def _moves(id: Any, **amounts: Any) -> Any:
    return select(id.label("id"), *(amounts.get(name, _NO).label(name) for name in _MOVES))


_ON_INVOICE = _moves(
    payments.c.invoice_id,
    paid=case((payments.c.status == "PAID", payments.c.amount), else_=0),
    failures=case((payments.c.status.in_(("FAILED", "CANCELLED")), 1), else_=0),
).where(payments.c.account_id == _MINE, payments.c.invoice_id.is_not(None), payments.c.type == "PAYMENT")
_ALLOCATED = (
    _moves(
        allocations.c.invoice_id,
        paid=case((and_(payments.c.order_id.is_not(None), ~_IS_REFUND), allocations.c.amount), else_=0),
        given=case((_IS_REFUND, 0), else_=allocations.c.amount),
        refunded=case((_IS_REFUND, allocations.c.amount), else_=0),
    )
    .join_from(allocations, payments, _OF_PAYMENT)
    .where(allocations.c.account_id == _MINE)
)
_OF_CREDIT = (allocations.c.account_id == _MINE, allocations.c.credit_invoice_id.is_not(None))
_SET_OFF = _moves(allocations.c.invoice_id, set_off=allocations.c.amount).where(*_OF_CREDIT)
_TAKEN = _moves(allocations.c.credit_invoice_id, taken=allocations.c.amount).where(*_OF_CREDIT)
_CREDITED = (  # a credit of a discount takes nothing off
    _moves(invoice_lines.c.credited_invoice_id, credited=-func.sum(_GROSS))
    .where(invoice_lines.c.account_id == _MINE, invoice_lines.c.credited_invoice_id.is_not(None))
    .group_by(invoice_lines.c.credited_invoice_id, invoice_lines.c.invoice_id)
    .having(func.sum(_GROSS) < 0)
)
_all = union_all(_ON_INVOICE, _ALLOCATED, _SET_OFF, _TAKEN, _CREDITED).subquery("every")
_moved = select(_all.c.id, *(func.sum(_all.c[name]).label(name) for name in _MOVES)).group_by(_all.c.id)
_moved_of = _moved.subquery("moved")
_STANDINGS = (
    select(
        invoices.c.number,
        invoices.c.state,
        invoices.c.total,
        *(func.coalesce(_moved_of.c[name], 0).label(name) for name in _MOVES),
    )
    .outerjoin_from(invoices, _moved_of, _moved_of.c.id == invoices.c.id)
    .where(invoices.c.account_id == _MINE)
    .execution_options(yield_per=_WINDOW)
)

_pair = (
    select(
        allocations.c.credit_invoice_id, allocations.c.invoice_id, func.sum(allocations.c.amount).label("sum")
    )
    .where(*_OF_CREDIT)
    .group_by(allocations.c.credit_invoice_id, allocations.c.invoice_id)
    .subquery("pair")
)
_CREDITS_OF_IT = (
    select(func.coalesce(-func.sum(_GROSS), 0))
    .where(
        invoice_lines.c.account_id == _MINE,
        invoice_lines.c.invoice_id == _pair.c.credit_invoice_id,
        invoice_lines.c.credited_invoice_id == _pair.c.invoice_id,
    )
    .scalar_subquery()
)
_other = invoice_lines.alias("other")
_SHARED = (  # two credits of the same invoice, of which one asks for money
    select(func.count())
    .select_from(invoice_lines)
    .join(
        _other,
        and_(
            _other.c.account_id == _MINE, _other.c.credited_invoice_id == invoice_lines.c.credited_invoice_id
        ),
    )
    .where(
        invoice_lines.c.account_id == _MINE,
        invoice_lines.c.invoice_id == _pair.c.credit_invoice_id,
        _other.c.invoice_id == _pair.c.invoice_id,
    )
    .scalar_subquery()
)
_PAIRS = (
    select(
        func.coalesce(_credit.c.number, _pair.c.credit_invoice_id).label("number"),
        func.coalesce(invoices.c.number, _pair.c.invoice_id).label("against"),
        _pair.c.sum,
        _CREDITS_OF_IT.label("credits"),
        case((invoices.c.type == "CREDIT", _SHARED), else_=0).label("shared"),
        invoices.c.total,
        _credit.c.type.label("credit_type"),
        invoices.c.type,
        _credit.c.currency.label("credit_currency"),
        invoices.c.currency,
    )
    .select_from(_pair)
    .outerjoin(_credit, and_(_credit.c.account_id == _MINE, _credit.c.id == _pair.c.credit_invoice_id))
    .outerjoin(invoices, and_(invoices.c.account_id == _MINE, invoices.c.id == _pair.c.invoice_id))
    .execution_options(yield_per=_WINDOW)
)

_Found = Iterator[tuple[str, str, str]]


def wrong_standings(connection: Connection, mine: str) -> _Found:
    """A subject, a code and a sentence for each thing that is wrong. Every amount is in minor units."""
    key = {"account": mine}
    for row in connection.execute(_STANDINGS, key):
        for said in _owing(row) if row.total < 0 else _asking(row):
            yield row.number, "money", said
        if told := _state(row):
            yield row.number, "state", f"It is {row.state}, and {told}."
    for row in connection.execute(_PAIRS, key):
        is_asked_by_credit = row.type == "CREDIT" and row.total > 0 and row.shared
        if row.credit_type != "CREDIT" or not (row.type == "INVOICE" or is_asked_by_credit):
            yield (
                row.number,
                "set-off",
                f"{row.credit_type} set off against {row.type} {row.against}.",
            )
        elif row.credit_currency != row.currency:
            yield row.number, "set-off", f"It is set off against {row.against}, which is in {row.currency}."
        elif row.type == "INVOICE" and row.sum > row.credits:
            yield (
                row.number,
                "set-off",
                f"{row.sum} is set off against {row.against}, of {row.credits} credited.",
            )


def _asking(row: Any) -> Iterator[str]:
    kept = row.given + row.set_off - row.refunded
    if kept > row.total:
        yield f"total is {row.total}, and {kept} is allocated to it."
    if row.refunded > row.paid:
        yield f"{row.paid} was paid, and {row.refunded} paid back."
    if row.taken:
        yield f"It owes nothing, and {row.taken} of it is set off."


def _owing(row: Any) -> Iterator[str]:
    if row.paid or row.given or row.set_off:
        yield f"It asks nothing, and {row.paid + row.set_off} is paid."
    if row.refunded + row.taken > -row.total:
        yield f"It owes {-row.total}; {row.taken} is set off, and {row.refunded} paid back."


def _state(row: Any) -> str | None:
    """What contradicts the state, if anything does."""
    if row.total < 0:
        unsettled = outstanding = -row.total - row.refunded - row.taken
    else:
        unsettled = row.total - row.paid - row.set_off
        outstanding = unsettled + row.refunded
    if row.state in ("PENDING", "FAILED"):
        if outstanding <= 0:
            return "nothing is outstanding"
        return "no charge has failed" if row.state == "FAILED" and not row.failures else None
    if unsettled > 0:
        return f"{unsettled} was never settled"
    if row.state == "CANCELLED" and (not row.set_off or row.credited < row.total):
        return f"{row.credited} of {row.total} was credited"
    return None
