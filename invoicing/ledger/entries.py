"""The ledger: payments are appended and allocated, and an invoice's standing is what they come to.

Whoever moves money first locks what it is moved on: the order, then invoices in order of issue, then credit
invoices. So no two calls give the same cent away, and none waits for another that waits for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    and_,
    bindparam,
    case,
    func,
    insert,
    literal,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.exc import IntegrityError

from invoicing.access import Principal
from invoicing.errors import IdempotencyKeyReused, NotFound
from invoicing.ledger.distribution import Part, Purse
from invoicing.ledger.reimbursement import Reimbursement
from invoicing.storage import after_commit
from invoicing.storage.tables import constraint, invoices, new_id
from invoicing.storage.tables.payment import Payment, allocations, payments
from invoicing.webhooks import events
from invoicing.webhooks.events import WebhookEvent

_MINE: BindParameter[str] = bindparam("account")
_IDS: BindParameter[Sequence[str]] = bindparam("ids", expanding=True)
_NONE: ColumnElement[int] = literal(0)
_IS_REFUND = payments.c.type == "REFUND"

_PAID_ON_INVOICE = select(
    payments.c.invoice_id, payments.c.amount.label("paid"), _NONE.label("refunded"), _NONE.label("set_off")
).where(
    payments.c.account_id == _MINE,
    payments.c.invoice_id.in_(_IDS),
    payments.c.type == "PAYMENT",
    payments.c.status == "PAID",
)
_ALLOCATED = (
    select(
        allocations.c.invoice_id,
        case((_IS_REFUND, 0), else_=allocations.c.amount),
        case((_IS_REFUND, allocations.c.amount), else_=0),
        case((allocations.c.payment_id.is_(None), allocations.c.amount), else_=0),
    )
    .outerjoin_from(
        allocations,
        payments,
        and_(payments.c.account_id == allocations.c.account_id, payments.c.id == allocations.c.payment_id),
    )
    .where(
        allocations.c.account_id == _MINE,
        allocations.c.invoice_id.in_(_IDS),
        or_(payments.c.id.is_(None), _IS_REFUND, payments.c.order_id.is_not(None)),
    )
)
_CREDITED_AGAINST = select(
    allocations.c.credit_invoice_id, _NONE, allocations.c.amount, allocations.c.amount
).where(allocations.c.account_id == _MINE, allocations.c.credit_invoice_id.in_(_IDS))
_MOVED = union_all(_PAID_ON_INVOICE, _ALLOCATED, _CREDITED_AGAINST).subquery("moved")
_STANDINGS = (
    select(
        invoices.c.id,
        invoices.c.state,
        invoices.c.total,
        *(func.coalesce(func.sum(_MOVED.c[name]), 0) for name in ("paid", "refunded", "set_off")),
    )
    .outerjoin_from(invoices, _MOVED, _MOVED.c.invoice_id == invoices.c.id)
    .where(invoices.c.account_id == _MINE, invoices.c.id.in_(_IDS))
    .group_by(invoices.c.id, invoices.c.state, invoices.c.total, invoices.c.created_at)
    .order_by(invoices.c.created_at, invoices.c.id)
)
_LOCK_INVOICES = (
    select(invoices.c.id)
    .where(invoices.c.account_id == _MINE, invoices.c.id.in_(_IDS))
    .order_by(invoices.c.type.desc(), invoices.c.created_at, invoices.c.id)  # INVOICE, then CREDIT
    .with_for_update()
)

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
_PURSES = (
    select(
        payments.c.id,
        payments.c.order_id,
        (payments.c.amount - _SPENT - (_PAID_BACK - _PAID_BACK_ON_INVOICES)).label("left"),
    )
    .where(
        payments.c.account_id == _MINE,
        payments.c.order_id.in_(_IDS),
        payments.c.type == "PAYMENT",
        payments.c.status == "PAID",
    )
    .order_by(payments.c.created_at, payments.c.id)
)
_PAYMENT = select(payments).where(payments.c.account_id == _MINE, payments.c.id == bindparam("payment"))
_APPEND = insert(payments).returning(*payments.c)
_BLANK = dict.fromkeys(payments.c.keys())
_ALLOCATE = insert(allocations)
_BY_KEY = select(payments).where(
    payments.c.account_id == _MINE, payments.c.idempotency_key == bindparam("key")
)
_REFUNDABLE = select((payments.c.amount - _PAID_BACK).label("left")).where(
    payments.c.account_id == _MINE, payments.c.id == bindparam("payment")
)
_SETTLE = (
    update(invoices)
    .where(
        invoices.c.account_id == _MINE,
        invoices.c.id.in_(_IDS),
        invoices.c.state.in_(("PENDING", "FAILED")),
    )
    .values(state=bindparam("becomes"))
    .returning(invoices.c.id)
)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an invoice's payment stands."""

    id: str
    state: str
    money: Reimbursement


def standings(connection: Connection, account_id: str, ids: Sequence[str]) -> dict[str, Standing]:
    """Of each invoice by its id, in order of issue."""
    rows = connection.execute(_STANDINGS, {"account": account_id, "ids": list(ids)})
    return {
        id: Standing(id, state, Reimbursement(total, int(paid), int(refunded), int(set_off)))
        for id, state, total, paid, refunded, set_off in rows
    }


def locked_standings(connection: Connection, account_id: str, ids: Iterable[str]) -> dict[str, Standing]:
    """The same, and nobody else moves money on these invoices until the transaction ends."""
    wanted = sorted(set(ids))
    connection.execute(_LOCK_INVOICES, {"account": account_id, "ids": wanted})
    return standings(connection, account_id, wanted)


def purses(connection: Connection, account_id: str, order_ids: Sequence[str]) -> list[Purse]:
    """What is left to give of the payments on these orders, the oldest first."""
    rows = connection.execute(_PURSES, {"account": account_id, "ids": list(order_ids)})
    return [Purse(id, order_id, int(left)) for id, order_id, left in rows]


def payment(connection: Connection, account_id: str, payment_id: str) -> Payment:
    found = connection.execute(_PAYMENT, {"account": account_id, "payment": payment_id}).one_or_none()
    if found is None:
        raise NotFound(f"There is no payment {payment_id}.", field="payment_id", ids=[payment_id])
    return cast(Payment, found)


def refundable(connection: Connection, account_id: str, payment_id: str) -> int:
    """What was not paid back yet of a payment, nor is about to be."""
    return int(connection.execute(_REFUNDABLE, {"account": account_id, "payment": payment_id}).scalar_one())


def made_before(connection: Connection, account_id: str, key: str | None, request: str) -> Payment | None:
    """The payment that this request made the first time. Look once the target is locked."""
    if key is None:
        return None
    found = under_key(connection, account_id, key)
    if found is not None and found.request != request:
        raise IdempotencyKeyReused(field="idempotency_key", ids=[key])
    return found


def under_key(connection: Connection, account_id: str, key: str) -> Payment | None:
    row = connection.execute(_BY_KEY, {"account": account_id, "key": key}).one_or_none()
    return cast("Payment | None", row)


def append(
    connection: Connection, principal: Principal, values: Mapping[str, Any], *, now: datetime
) -> Payment:
    """Writes a payment or a refund down."""
    row = {
        **_BLANK,
        "account_id": principal.account_id,
        "id": new_id(),
        "actor_id": principal.actor.id,
        "actor_name": principal.actor.name,
        "actor_type": principal.actor.type,
        "created_at": now,
        **values,
    }
    if row["invoice_id"] is not None:
        after_commit.invoices_changed(connection, principal.account_id, [row["invoice_id"]])
    try:
        return cast(Payment, connection.execute(_APPEND, row).one())
    except IntegrityError as clash:
        if "idempotency_key" not in constraint(clash):
            raise
        raise IdempotencyKeyReused(field="idempotency_key", ids=[str(row["idempotency_key"])]) from clash


def allocate(
    connection: Connection, account_id: str, parts: Sequence[Part], *, of_credit: bool = False, now: datetime
) -> None:
    """Writes down which invoices the parts of payments, refunds or (`of_credit`) credit invoices go to."""
    source, other = "payment_id", "credit_invoice_id"
    if of_credit:
        source, other = other, source
    rows = [
        {
            "account_id": account_id,
            "id": new_id(),
            "invoice_id": part.invoice_id,
            source: part.source,
            other: None,
            "amount": part.amount,
            "created_at": now,
        }
        for part in parts
    ]
    if rows:
        connection.execute(_ALLOCATE, rows)
        moved = [row[name] for row in rows for name in ("invoice_id", "credit_invoice_id") if row[name]]
        after_commit.invoices_changed(connection, account_id, moved)


def settle(
    connection: Connection,
    account_id: str,
    ids: Sequence[str],
    becomes: str = "SETTLED",
    *,
    now: datetime,
) -> None:
    """Invoices of which nothing is outstanding any more. One that was settled stays so."""
    if not ids:
        return
    key = {"account": account_id, "ids": list(ids), "becomes": becomes}
    changed = connection.execute(_SETTLE, key).scalars().all()
    after_commit.invoices_changed(connection, account_id, changed)
    if becomes == "SETTLED":
        events.of_invoices(connection, account_id, WebhookEvent.INVOICE_SETTLED, changed, now=now)
