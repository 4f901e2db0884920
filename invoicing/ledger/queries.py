"""Reads of the ledger for lists: many invoices, orders or customers at once, answered by their ids."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BindParameter,
    CompoundSelect,
    Connection,
    FromClause,
    Select,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    union,
)

from invoicing.access import Principal
from invoicing.ledger.balances import Balance, available_on, balances_of
from invoicing.ledger.distribution import Allocation
from invoicing.snapshot import PrintedPayment
from invoicing.storage import rows
from invoicing.storage.id_lists import id_list, is_one_of
from invoicing.storage.prepared import Prepared
from invoicing.storage.tables import (
    UNSETTLED,
    Payment,
    allocations,
    invoice_lines,
    invoices,
    payment_methods,
    payments,
)

_MINE: BindParameter[str] = bindparam("account")
_IDS = id_list("ids")
_ALLOCATED = and_(
    allocations.c.account_id == payments.c.account_id, allocations.c.payment_id == payments.c.id
)
_ON_LINE = and_(
    invoice_lines.c.account_id == payments.c.account_id, invoice_lines.c.invoice_id == payments.c.invoice_id
)


def _of(named: FromClause, column: str) -> Select[tuple[object, ...]]:
    return select(named.c[column].label("of"), payments).where(
        payments.c.account_id == _MINE, is_one_of(named.c[column], _IDS)
    )


def _in_order(*found: Select[tuple[object, ...]]) -> Select[tuple[object, ...]]:
    rows: CompoundSelect[tuple[object, ...]] = union(*found)
    either = rows.subquery("either")
    return select(either).order_by(either.c.created_at, either.c.id)


_AT = func.coalesce(payments.c.paid_at, payments.c.created_at)
_METHOD = func.coalesce(payment_methods.c.label, payments.c.method)
_OF_METHOD = and_(
    payment_methods.c.account_id == payments.c.account_id,
    payment_methods.c.id == payments.c.payment_method_id,
)
_PRINTED = Prepared(
    select(payments.c.id, _METHOD, _AT)
    .outerjoin_from(payments, payment_methods, _OF_METHOD)
    .where(payments.c.account_id == _MINE, is_one_of(payments.c.id, _IDS))
    .order_by(payments.c.created_at, payments.c.id)
)
_PAID_ON = Prepared(
    select(_AT, _METHOD, payments.c.amount)
    .outerjoin_from(payments, payment_methods, _OF_METHOD)
    .where(
        payments.c.account_id == _MINE,
        payments.c.invoice_id == bindparam("invoice"),
        payments.c.type == "PAYMENT",
        payments.c.status == "PAID",
    )
)
_ALLOCATED_TO = Prepared(
    select(
        func.coalesce(payments.c.paid_at, allocations.c.created_at),
        func.coalesce(payment_methods.c.label, payments.c.method, "SET_OFF"),
        case((payments.c.type == "REFUND", -allocations.c.amount), else_=allocations.c.amount),
    )
    .select_from(allocations.outerjoin(payments, _ALLOCATED).outerjoin(payment_methods, _OF_METHOD))
    .where(
        allocations.c.account_id == _MINE,
        allocations.c.invoice_id == bindparam("invoice"),
        or_(payments.c.id.is_(None), payments.c.type == "REFUND", payments.c.order_id.is_not(None)),
    )
)
_PAYMENTS_OF_INVOICES = Prepared(
    lambda: _in_order(
        _of(payments, "invoice_id"), _of(allocations, "invoice_id").join(allocations, _ALLOCATED)
    )
)
_PAYMENTS_OF_ORDERS = Prepared(
    lambda: _in_order(_of(payments, "order_id"), _of(invoice_lines, "order_id").join(invoice_lines, _ON_LINE))
)
_UNSETTLED = Prepared(
    select(invoice_lines.c.order_id, invoices.c.type)
    .join(
        invoices,
        and_(
            invoices.c.account_id == invoice_lines.c.account_id, invoices.c.id == invoice_lines.c.invoice_id
        ),
    )
    .where(
        invoice_lines.c.account_id == _MINE,
        is_one_of(invoice_lines.c.order_id, _IDS),
        invoices.c.state.in_(UNSETTLED),
    )
    .distinct()
)


def balances_by_invoice(
    connection: Connection, principal: Principal, ids: Sequence[str]
) -> Mapping[str, Balance]:
    return balances_of(connection, principal.account_id, ids)


def payments_by_invoice(
    connection: Connection, principal: Principal, ids: Sequence[str]
) -> Mapping[str, list[Payment]]:
    """The payments and refunds on each invoice, or that went to it from an order, oldest first."""
    return _grouped(connection, _PAYMENTS_OF_INVOICES, principal, ids)


def printed_payments(
    connection: Connection, account_id: str, parts: Sequence[Allocation], timezone: ZoneInfo
) -> tuple[PrintedPayment, ...]:
    """What these parts of payments paid as the paper says it, oldest first. A card is called by its label."""
    if not parts:
        return ()
    amounts = {part.source: part.amount for part in parts}
    found = rows.plain(connection, _PRINTED, {"account": account_id, "ids": list(amounts)})
    return tuple(
        PrintedPayment(paid_on=paid_at.astimezone(timezone).date(), method=method, amount=amounts[id])
        for id, method, paid_at in found
    )


def payments_printed_on(
    connection: Connection, account_id: str, invoice_id: str, timezone: ZoneInfo
) -> tuple[PrintedPayment, ...]:
    """All that has paid an invoice, oldest first; what was paid back is negative. It comes to the balance."""
    key = {"account": account_id, "invoice": invoice_id}
    paid = [*rows.plain(connection, _PAID_ON, key), *rows.plain(connection, _ALLOCATED_TO, key)]
    return tuple(
        PrintedPayment(paid_on=at.astimezone(timezone).date(), method=method, amount=int(amount))
        for at, method, amount in sorted(paid, key=lambda row: row[0])
    )


def payments_by_order(
    connection: Connection, principal: Principal, ids: Sequence[str]
) -> Mapping[str, list[Payment]]:
    """The payments and refunds on each order, or on an invoice with items of it, oldest first."""
    return _grouped(connection, _PAYMENTS_OF_ORDERS, principal, ids)


def unsettled_by_order(
    connection: Connection, principal: Principal, ids: Sequence[str]
) -> Mapping[str, set[str]]:
    """Of which types (INVOICE, CREDIT) each order has invoices that are not settled."""
    found: dict[str, set[str]] = defaultdict(set)
    key = {"account": principal.account_id, "ids": list(ids)}
    for order_id, type in rows.plain(connection, _UNSETTLED, key):
        found[order_id].add(type)
    return found


def prepaid_by_order(connection: Connection, principal: Principal, ids: Sequence[str]) -> Mapping[str, int]:
    """What was paid on each order and has paid no invoice yet."""
    found: dict[str, int] = defaultdict(int)
    for available in available_on(connection, principal.account_id, ids):
        found[available.order_id] += available.left
    return found


def _grouped(
    connection: Connection, statement: Prepared, principal: Principal, ids: Sequence[str]
) -> Mapping[str, list[Payment]]:
    found: dict[str, list[Payment]] = defaultdict(list)
    key = {"account": principal.account_id, "ids": list(ids)}
    for of, payment in rows.pairs(connection, statement, key, as_=Payment):
        found[of].append(payment)
    return found
