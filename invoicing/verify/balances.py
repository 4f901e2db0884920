"""Finds invoices that got more than their total, credits that gave more, and states that cannot be right.

Reads only. A state does not only follow from the balance: an invoice that was settled once stays SETTLED or
CANCELLED, whatever is refunded later.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import BindParameter, Connection, and_, bindparam, case, func, literal, select, union_all

from invoicing.storage.tables import allocations, invoice_lines, invoices, payments
from invoicing.verify.leftovers import is_quoted_together
from invoicing.verify.missed_set_offs import find_missed_set_offs

_BATCH = 1_000
_ACCOUNT_ID: BindParameter[str] = bindparam("account")
_ZERO = literal(0)
_GROSS = invoice_lines.c.total_ex_vat + invoice_lines.c.vat_amount
_IS_REFUND = payments.c.type == "REFUND"
_ASKED = _GROSS + func.coalesce(invoice_lines.c.rounding, 0)
_DUE = invoices.c.total + invoices.c.rounding
_credit = invoices.alias("credit")

_MOVES = ("paid", "given", "refunded", "set_off", "taken", "credited", "given_back", "failures")
_OF_PAYMENT = and_(payments.c.account_id == _ACCOUNT_ID, payments.c.id == allocations.c.payment_id)


def _moves(id: Any, **amounts: Any) -> Any:
    return select(id.label("id"), *(amounts.get(name, _ZERO).label(name) for name in _MOVES))


_ON_INVOICE = _moves(
    payments.c.invoice_id,
    paid=case((payments.c.status == "PAID", payments.c.amount), else_=0),
    failures=case((payments.c.status.in_(("FAILED", "CANCELLED")), 1), else_=0),
).where(
    payments.c.account_id == _ACCOUNT_ID, payments.c.invoice_id.is_not(None), payments.c.type == "PAYMENT"
)
_ALLOCATED = (
    _moves(
        allocations.c.invoice_id,
        paid=case((and_(payments.c.order_id.is_not(None), ~_IS_REFUND), allocations.c.amount), else_=0),
        given=case((_IS_REFUND, 0), else_=allocations.c.amount),
        refunded=case((_IS_REFUND, allocations.c.amount), else_=0),
    )
    .join_from(allocations, payments, _OF_PAYMENT)
    .where(allocations.c.account_id == _ACCOUNT_ID)
)
_IS_SET_OFF = (allocations.c.account_id == _ACCOUNT_ID, allocations.c.credit_invoice_id.is_not(None))
_SET_OFF = _moves(allocations.c.invoice_id, set_off=allocations.c.amount).where(*_IS_SET_OFF)
_TAKEN = _moves(allocations.c.credit_invoice_id, taken=allocations.c.amount).where(*_IS_SET_OFF)
_CREDITED = (  # a credit of a discount does not lower what is owed
    _moves(invoice_lines.c.credited_invoice_id, credited=-func.sum(_GROSS), given_back=-func.sum(_ASKED))
    .where(invoice_lines.c.account_id == _ACCOUNT_ID, invoice_lines.c.credited_invoice_id.is_not(None))
    .group_by(invoice_lines.c.credited_invoice_id, invoice_lines.c.invoice_id)
    .having(func.sum(_GROSS) < 0)
)
_all = union_all(_ON_INVOICE, _ALLOCATED, _SET_OFF, _TAKEN, _CREDITED).subquery("every")
_moved = select(_all.c.id, *(func.sum(_all.c[name]).label(name) for name in _MOVES)).group_by(_all.c.id)
_moved_of = _moved.subquery("moved")
_BALANCES = (
    select(
        invoices.c.id,
        invoices.c.number,
        invoices.c.state,
        invoices.c.total,
        _DUE.label("due"),
        *(func.coalesce(_moved_of.c[name], 0).label(name) for name in _MOVES),
    )
    .outerjoin_from(invoices, _moved_of, _moved_of.c.id == invoices.c.id)
    .where(invoices.c.account_id == _ACCOUNT_ID)
    .execution_options(yield_per=_BATCH)
)

_pair = (
    select(
        allocations.c.credit_invoice_id, allocations.c.invoice_id, func.sum(allocations.c.amount).label("sum")
    )
    .where(*_IS_SET_OFF)
    .group_by(allocations.c.credit_invoice_id, allocations.c.invoice_id)
    .subquery("pair")
)
_CREDITED_BY_IT = (
    select(func.coalesce(-func.sum(_ASKED), 0))
    .where(
        invoice_lines.c.account_id == _ACCOUNT_ID,
        invoice_lines.c.invoice_id == _pair.c.credit_invoice_id,
        invoice_lines.c.credited_invoice_id == _pair.c.invoice_id,
    )
    .scalar_subquery()
)
_other = invoice_lines.alias("other")
_SHARED = (  # two credits of the same invoice, one of which has a positive total
    select(func.count())
    .select_from(invoice_lines)
    .join(
        _other,
        and_(
            _other.c.account_id == _ACCOUNT_ID,
            _other.c.credited_invoice_id == invoice_lines.c.credited_invoice_id,
        ),
    )
    .where(
        invoice_lines.c.account_id == _ACCOUNT_ID,
        invoice_lines.c.invoice_id == _pair.c.credit_invoice_id,
        _other.c.invoice_id == _pair.c.invoice_id,
    )
    .scalar_subquery()
)
_SET_OFFS = (
    select(
        _pair.c.credit_invoice_id,
        _pair.c.invoice_id,
        func.coalesce(_credit.c.number, _pair.c.credit_invoice_id).label("number"),
        func.coalesce(invoices.c.number, _pair.c.invoice_id).label("against"),
        _pair.c.sum,
        _CREDITED_BY_IT.label("credits"),
        case((invoices.c.type == "CREDIT", _SHARED), else_=0).label("shared"),
        _DUE.label("due"),
        _credit.c.type.label("credit_type"),
        invoices.c.type,
        _credit.c.currency.label("credit_currency"),
        invoices.c.currency,
    )
    .select_from(_pair)
    .outerjoin(_credit, and_(_credit.c.account_id == _ACCOUNT_ID, _credit.c.id == _pair.c.credit_invoice_id))
    .outerjoin(invoices, and_(invoices.c.account_id == _ACCOUNT_ID, invoices.c.id == _pair.c.invoice_id))
    .execution_options(yield_per=_BATCH)
)

_Faults = Iterator[tuple[str, str, str]]


def find_wrong_balances(connection: Connection, account_id: str) -> _Faults:
    """A subject, a kind and a sentence for each fault. Amounts are in minor units."""
    key = {"account": account_id}
    owing: dict[str, tuple[str, int]] = {}
    asking: dict[str, tuple[str, int]] = {}
    wholly_credited: set[str] = set()
    for row in connection.execute(_BALANCES, key):
        for fault in _credit_faults(row) if row.due < 0 else _invoice_faults(row):
            yield row.number, "money", fault
        if contradiction := _state_contradiction(row):
            yield row.number, "state", f"It is {row.state}, and {contradiction}."
        if (unsettled := _unsettled(row)) > 0:
            (owing if row.due < 0 else asking)[row.id] = row.number, unsettled
        if row.credited and row.credited >= row.total:
            wholly_credited.add(row.id)
    yield from find_missed_set_offs(connection, account_id, owing, asking)
    for row in connection.execute(_SET_OFFS, key):
        is_payable_credit = row.type == "CREDIT" and row.due > 0 and row.shared
        if row.credit_type != "CREDIT" or not (row.type == "INVOICE" or is_payable_credit):
            yield (
                row.number,
                "set-off",
                f"{row.credit_type} set off against {row.type} {row.against}.",
            )
        elif row.credit_currency != row.currency:
            yield row.number, "set-off", f"It is set off against {row.against}, which is in {row.currency}."
        elif row.type == "INVOICE" and row.sum > row.credits:
            papers = (row.credit_invoice_id, row.invoice_id)
            if row.invoice_id in wholly_credited and is_quoted_together(connection, account_id, *papers):
                continue  # what rounding left of an order's invoice
            yield (
                row.number,
                "set-off",
                f"{row.sum} is set off against {row.against}, of {row.credits} credited.",
            )


def _invoice_faults(row: Any) -> Iterator[str]:
    kept = row.given + row.set_off - row.refunded
    if kept > row.due:
        yield f"It asks {row.due}, and {kept} is allocated to it."
    if row.refunded > row.paid:
        yield f"{row.paid} was paid, and {row.refunded} paid back."
    if row.taken:
        yield f"It owes nothing, and {row.taken} of it is set off."


def _credit_faults(row: Any) -> Iterator[str]:
    if row.paid or row.given or row.set_off:
        yield f"It asks nothing, and {row.paid + row.set_off} is paid."
    if row.refunded + row.taken > -row.due:
        yield f"It owes {-row.due}; {row.taken} is set off, and {row.refunded} paid back."


def _unsettled(row: Any) -> int:
    """What was never paid of an invoice, or is not paid back or set off yet of a credit invoice."""
    if row.due < 0:
        return int(-row.due - row.refunded - row.taken)
    return int(row.due - row.paid - row.set_off)


def _state_contradiction(row: Any) -> str | None:
    """What contradicts the state, or None."""
    unsettled = _unsettled(row)
    outstanding = unsettled if row.due < 0 else unsettled + row.refunded
    if row.state in ("PENDING", "FAILED"):
        if outstanding <= 0:
            return "nothing is outstanding"
        return "no charge has failed" if row.state == "FAILED" and not row.failures else None
    is_cancelled = row.state == "CANCELLED" and row.credited >= row.total
    if unsettled > (max(0, row.due - row.given_back) if is_cancelled else 0):
        return f"{unsettled} was never settled"
    if row.state == "CANCELLED" and not (is_cancelled and row.set_off):
        return f"{row.credited} of {row.total} was credited"
    return None
