"""Finds payments and refunds that are allocated beyond their amount, or to the wrong invoice. Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import BindParameter, Connection, and_, bindparam, case, exists, func, or_, select

from invoicing.storage.tables import allocations, invoice_lines, invoices, orders, payments
from invoicing.verify.leftovers import is_quoted_together

_BATCH = 1_000
_ACCOUNT_ID: BindParameter[str] = bindparam("account")
_refund = payments.alias("refund")
_original = payments.alias("original")

_GIVEN = (
    select(allocations.c.payment_id, func.sum(allocations.c.amount).label("given"))
    .where(allocations.c.account_id == _ACCOUNT_ID, allocations.c.payment_id.is_not(None))
    .group_by(allocations.c.payment_id)
)
_given, _settled = _GIVEN.subquery("given"), _GIVEN.subquery("settled")
_refunds = (  # a refund that is not allocated came out of what was left of the payment
    select(
        _refund.c.refund_of,
        func.sum(_refund.c.amount).label("refunded"),
        func.sum(
            case((_refund.c.status == "PAID", _refund.c.amount - func.coalesce(_settled.c.given, 0)), else_=0)
        ).label("of_surplus"),
    )
    .outerjoin_from(_refund, _settled, _settled.c.payment_id == _refund.c.id)
    .where(_refund.c.account_id == _ACCOUNT_ID, _refund.c.status.in_(("PENDING", "PAID")))
    .group_by(_refund.c.refund_of)
    .subquery("back")
)
_PAYMENTS = (
    select(
        payments,
        func.coalesce(_given.c.given, 0).label("given"),
        func.coalesce(_refunds.c.refunded, 0).label("paid_back"),
        func.coalesce(_refunds.c.of_surplus, 0).label("of_surplus"),
        func.coalesce(orders.c.currency, invoices.c.currency).label("target_currency"),
        _original.c.id.label("original"),
        _original.c.type.label("original_type"),
        _original.c.status.label("original_status"),
        *(
            _original.c[name].label(f"original_{name}")
            for name in ("amount", "currency", "order_id", "invoice_id")
        ),
    )
    .select_from(payments)
    .outerjoin(_given, _given.c.payment_id == payments.c.id)
    .outerjoin(_refunds, _refunds.c.refund_of == payments.c.id)
    .outerjoin(orders, and_(orders.c.account_id == _ACCOUNT_ID, orders.c.id == payments.c.order_id))
    .outerjoin(invoices, and_(invoices.c.account_id == _ACCOUNT_ID, invoices.c.id == payments.c.invoice_id))
    .outerjoin(_original, and_(_original.c.account_id == _ACCOUNT_ID, _original.c.id == payments.c.refund_of))
    .where(payments.c.account_id == _ACCOUNT_ID)
    .order_by(payments.c.id)
    .execution_options(yield_per=_BATCH)
)
_BELONGS = exists().where(
    invoice_lines.c.account_id == _ACCOUNT_ID,
    invoice_lines.c.invoice_id == allocations.c.invoice_id,
    or_(
        invoice_lines.c.order_id == payments.c.order_id,
        and_(payments.c.type == "REFUND", invoice_lines.c.credited_invoice_id == payments.c.invoice_id),
    ),
)
_PAYS_A_CREDIT = and_(
    payments.c.type == "REFUND", invoices.c.type == "CREDIT", payments.c.currency == invoices.c.currency
)
_STRAYS = (
    select(
        payments.c.id,
        allocations.c.payment_id,
        allocations.c.amount,
        allocations.c.invoice_id,
        case((_PAYS_A_CREDIT, payments.c.invoice_id)).label("refunded"),
    )
    .outerjoin_from(
        allocations,
        payments,
        and_(payments.c.account_id == _ACCOUNT_ID, payments.c.id == allocations.c.payment_id),
    )
    .outerjoin(
        invoices, and_(invoices.c.account_id == _ACCOUNT_ID, invoices.c.id == allocations.c.invoice_id)
    )
    .where(
        allocations.c.account_id == _ACCOUNT_ID,
        allocations.c.payment_id.is_not(None),
        or_(
            payments.c.id.is_(None),
            invoices.c.id.is_(None),
            payments.c.currency != invoices.c.currency,
            and_(~_BELONGS, func.coalesce(payments.c.invoice_id, "") != allocations.c.invoice_id),
        ),
    )
    .order_by(allocations.c.id)
)
_COUNT = select(func.count()).where(payments.c.account_id == _ACCOUNT_ID)

_Faults = Iterator[tuple[str, str, str]]


def count_payments(connection: Connection, account_id: str) -> int:
    return int(connection.execute(_COUNT, {"account": account_id}).scalar_one())


def find_wrong_payments(connection: Connection, account_id: str) -> _Faults:
    """A subject, a kind and a sentence for each fault. Amounts are in minor units."""
    key = {"account": account_id}
    for row in connection.execute(_PAYMENTS, key):
        for fault in (
            *_faults(row),
            *(_refund_faults(row) if row.type == "REFUND" else _payment_faults(row)),
        ):
            yield row.id, "payment", fault
    for known, payment, amount, invoice, refunded in connection.execute(_STRAYS, key):
        if refunded and is_quoted_together(connection, account_id, refunded, invoice):
            continue  # what rounding left of the same order
        share = f"{amount}" if known else f"{amount} of an unknown payment"
        yield payment, "allocation", f"{share} is allocated to invoice {invoice}, where it does not belong."


def _faults(row: Any) -> Iterator[str]:
    if row.given and row.status != "PAID":
        yield f"It is {row.status}, and {row.given} of it is allocated."
    if row.given > row.amount:
        yield f"It is {row.amount}, and {row.given} of it is allocated."
    if row.target_currency is None:
        yield "It is on no order and on no invoice."
    elif row.target_currency != row.currency:
        yield f"It is in {row.currency}, its order or invoice in {row.target_currency}."


def _payment_faults(row: Any) -> Iterator[str]:
    if row.paid_back > row.amount:
        yield f"It is {row.amount}, and {row.paid_back} of it is paid back."
    elif row.order_id and row.given + row.of_surplus > row.amount:
        yield f"It is {row.amount}; {row.given} is allocated, and {row.of_surplus} of the rest paid back."


def _refund_faults(row: Any) -> Iterator[str]:
    if row.original is None:
        yield f"It refunds {row.refund_of}, which does not exist."
        return
    if (row.original_type, row.original_status) != ("PAYMENT", "PAID"):
        yield f"It refunds a {row.original_type} that is {row.original_status}."
    if row.original_currency != row.currency:
        yield f"It is in {row.currency}, the payment it refunds in {row.original_currency}."
    if (row.original_order_id, row.original_invoice_id) != (row.order_id, row.invoice_id):
        yield "Its order or invoice is not that of the payment it refunds."
    if row.status == "PAID" and row.invoice_id and row.given != row.amount:
        yield f"It is {row.amount} on an invoice, and {row.given} of it is allocated."
