"""Balances: what was paid, refunded and set off of each invoice, and what is left of each payment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Select,
    Subquery,
    and_,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
    union_all,
)

from invoicing.ledger.distribution import Available
from invoicing.ledger.reimbursement import Reimbursement
from invoicing.storage import rows
from invoicing.storage.id_lists import id_list, is_one_of
from invoicing.storage.prepared import Prepared
from invoicing.storage.tables import allocations, invoices, payments

_MINE: BindParameter[str] = bindparam("account")
_IDS = id_list("ids")
_NONE: ColumnElement[int] = literal(0)
_IS_REFUND = payments.c.type == "REFUND"


def _moved() -> Subquery:
    """What was paid, refunded and set off of invoices, each from where it stands."""
    paid = select(
        payments.c.invoice_id,
        payments.c.amount.label("paid"),
        _NONE.label("refunded"),
        _NONE.label("set_off"),
    ).where(
        payments.c.account_id == _MINE,
        is_one_of(payments.c.invoice_id, _IDS),
        payments.c.type == "PAYMENT",
        payments.c.status == "PAID",
    )
    credited_against = select(
        allocations.c.credit_invoice_id, _NONE, allocations.c.amount, allocations.c.amount
    ).where(allocations.c.account_id == _MINE, is_one_of(allocations.c.credit_invoice_id, _IDS))
    return union_all(paid, _allocated(), credited_against).subquery("moved")


def _allocated() -> Select[tuple[object, ...]]:
    is_its_payment = and_(
        payments.c.account_id == allocations.c.account_id, payments.c.id == allocations.c.payment_id
    )
    return (
        select(
            allocations.c.invoice_id,
            case((_IS_REFUND, 0), else_=allocations.c.amount),
            case((_IS_REFUND, allocations.c.amount), else_=0),
            case((allocations.c.payment_id.is_(None), allocations.c.amount), else_=0),
        )
        .outerjoin_from(allocations, payments, is_its_payment)
        .where(
            allocations.c.account_id == _MINE,
            is_one_of(allocations.c.invoice_id, _IDS),
            or_(payments.c.id.is_(None), _IS_REFUND, payments.c.order_id.is_not(None)),
        )
    )


def _balances() -> Select[tuple[object, ...]]:
    moved, due = _moved(), invoices.c.total + invoices.c.rounding
    return (
        select(
            invoices.c.id,
            invoices.c.state,
            invoices.c.is_including_vat,
            due,
            *(func.coalesce(func.sum(moved.c[name]), 0) for name in ("paid", "refunded", "set_off")),
        )
        .outerjoin_from(invoices, moved, moved.c.invoice_id == invoices.c.id)
        .where(invoices.c.account_id == _MINE, is_one_of(invoices.c.id, _IDS))
        .group_by(invoices.c.id, invoices.c.state, invoices.c.is_including_vat, due, invoices.c.created_at)
        .order_by(invoices.c.created_at, invoices.c.id)
    )


_BALANCES = Prepared(_balances)
_refund = payments.alias("refund")
_refunded = allocations.alias("refunded")
_SPENT = (
    select(func.coalesce(func.sum(allocations.c.amount), 0))
    .where(allocations.c.account_id == payments.c.account_id, allocations.c.payment_id == payments.c.id)
    .scalar_subquery()
)
_IS_ITS_REFUND = and_(
    _refund.c.account_id == payments.c.account_id,
    _refund.c.refund_of == payments.c.id,
    _refund.c.status.in_(("PENDING", "PAID")),
)
_PAID_BACK = select(func.coalesce(func.sum(_refund.c.amount), 0)).where(_IS_ITS_REFUND).scalar_subquery()
_PAID_BACK_ON_INVOICES = (
    select(func.coalesce(func.sum(_refunded.c.amount), 0))
    .select_from(_refund)
    .join(
        _refunded,
        and_(_refunded.c.account_id == _refund.c.account_id, _refunded.c.payment_id == _refund.c.id),
    )
    .where(_IS_ITS_REFUND)
    .scalar_subquery()
)
_AVAILABLE = Prepared(
    select(
        payments.c.id,
        payments.c.order_id,
        (payments.c.amount - _SPENT - (_PAID_BACK - _PAID_BACK_ON_INVOICES)).label("left"),
    )
    .where(
        payments.c.account_id == _MINE,
        is_one_of(payments.c.order_id, _IDS),
        payments.c.type == "PAYMENT",
        payments.c.status == "PAID",
    )
    .order_by(payments.c.created_at, payments.c.id)
)
_REFUNDABLE = Prepared(
    select((payments.c.amount - _PAID_BACK).label("left")).where(
        payments.c.account_id == _MINE, payments.c.id == bindparam("payment")
    )
)


_ON_EITHER = or_(is_one_of(payments.c.invoice_id, _IDS), is_one_of(payments.c.order_id, id_list("order_ids")))
_REFUNDABLE_ON = Prepared(
    select(
        payments.c.id,
        payments.c.order_id,
        payments.c.invoice_id,
        (payments.c.amount - _PAID_BACK).label("left"),
    )
    .where(
        payments.c.account_id == _MINE,
        payments.c.type == "PAYMENT",
        payments.c.status == "PAID",
        _ON_EITHER,
    )
    .order_by(payments.c.created_at.desc(), payments.c.id.desc())
)
_IS_UNDER_WAY = (
    payments.c.account_id == _MINE,
    payments.c.type == "REFUND",
    payments.c.status == "PENDING",
    _ON_EITHER,
)
_UNDER_WAY = Prepared(select(func.coalesce(func.sum(payments.c.amount), 0)).where(*_IS_UNDER_WAY))
_EACH_UNDER_WAY = Prepared(
    select(payments.c.id, payments.c.order_id, payments.c.invoice_id, payments.c.amount.label("left")).where(
        *_IS_UNDER_WAY
    )
)


class Refundable(NamedTuple):
    """What is left of a payment to refund, or what a refund that is not decided yet will give back."""

    id: str
    order_id: str | None
    invoice_id: str | None
    left: int


@dataclass(frozen=True, slots=True)
class Balance:
    """Where an invoice's payment stands."""

    id: str
    state: str
    is_including_vat: bool
    money: Reimbursement


def balances_of(connection: Connection, account_id: str, ids: Sequence[str]) -> dict[str, Balance]:
    """Of each invoice by its id, in order of issue."""
    found = rows.plain(connection, _BALANCES, {"account": account_id, "ids": list(ids)})
    return {
        id: Balance(id, state, with_vat, Reimbursement(due, int(paid), int(refunded), int(set_off)))
        for id, state, with_vat, due, paid, refunded, set_off in found
    }


def available_on(connection: Connection, account_id: str, order_ids: Sequence[str]) -> list[Available]:
    """What is left to give of the payments on these orders, the oldest first."""
    return ask_available_on(connection, account_id, order_ids)()


def ask_available_on(
    connection: Connection, account_id: str, order_ids: Sequence[str]
) -> Callable[[], list[Available]]:
    """The same, read with the next statement; what is returned waits for it, if need be."""
    asked = _AVAILABLE.ask(connection, {"account": account_id, "ids": list(order_ids)})
    return lambda: [Available(id, order_id, int(left)) for id, order_id, left in asked().converted()]


def refundable(connection: Connection, account_id: str, payment_id: str) -> int:
    """What is left of a payment to refund; pending refunds count as paid back."""
    (left,) = rows.values(connection, _REFUNDABLE, {"account": account_id, "payment": payment_id})
    return int(left)


def refundable_on(
    connection: Connection, account_id: str, invoice_ids: Sequence[str], order_ids: Sequence[str]
) -> list[Refundable]:
    """The payments on these invoices and orders of which something is left to refund, newest first."""
    key = {"account": account_id, "ids": list(invoice_ids), "order_ids": list(order_ids)}
    found = [Refundable(*row) for row in rows.plain(connection, _REFUNDABLE_ON, key)]
    return [each._replace(left=int(each.left)) for each in found if each.left > 0]


def refunds_under_way(
    connection: Connection, account_id: str, invoice_ids: Sequence[str], order_ids: Sequence[str]
) -> int:
    """The refunds of payments on these invoices and orders that are not decided yet."""
    key = {"account": account_id, "ids": list(invoice_ids), "order_ids": list(order_ids)}
    (amount,) = rows.values(connection, _UNDER_WAY, key)
    return int(amount)


def refunds_under_way_by_target(
    connection: Connection, account_id: str, invoice_ids: Sequence[str], order_ids: Sequence[str]
) -> list[Refundable]:
    """Each refund of a payment on these invoices and orders that is not decided yet."""
    key = {"account": account_id, "ids": list(invoice_ids), "order_ids": list(order_ids)}
    return [Refundable(*row) for row in rows.plain(connection, _EACH_UNDER_WAY, key)]
