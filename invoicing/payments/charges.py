"""Payments through a gateway: recorded as PENDING before the call, and with their result after it.

The process may die in between. A job in the same commit as the PENDING payment asks the gateway for the
result later: nobody is charged twice, and no charge is forgotten.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, delete, update

from invoicing import checks
from invoicing.access import Principal
from invoicing.checks import optional
from invoicing.errors import GatewayNotEnabled
from invoicing.idempotency import fingerprint
from invoicing.ledger import entries
from invoicing.ledger.allocation import apply_payment
from invoicing.locks import lock_for_refund, lock_invoices, lock_orders, lock_sales_of
from invoicing.payments.methods import choose_method, find_method, set_method_state
from invoicing.payments.payable import lock_payable, outstanding_or_refuse, settled_before
from invoicing.storage import after_commit, outbox
from invoicing.storage.outbox_turns import claim_in_turns
from invoicing.storage.tables import Job, Payment, PaymentMethod, invoices, payments
from invoicing.storage.tables import outbox as jobs
from invoicing.webhooks import events
from invoicing.webhooks.events import WebhookEvent

ASK_GATEWAY = "payment.ask"
PATIENCE = timedelta(seconds=30)
"""How long a call may take before somebody asks what became of it: longer than any gateway's time-out."""
SOON = timedelta(seconds=2)
"""When to ask a gateway that took the charge and has not decided; then ever more rarely."""
GIVE_UP = timedelta(minutes=15)
"""After so long, a charge that its gateway has never heard of is not asked for again."""

_MINE: BindParameter[str] = bindparam("account")
_RESULT = (
    update(payments)
    .where(payments.c.account_id == _MINE, payments.c.id == bindparam("payment"))
    .values(
        status=bindparam("becomes"),
        error=bindparam("why"),
        gateway_reference=bindparam("known_as"),
        paid_at=bindparam("paid"),
    )
)
_ITS_JOB = (jobs.c.account_id == _MINE, jobs.c.kind == ASK_GATEWAY, jobs.c.subject_id == bindparam("payment"))
_FORGET_JOB = delete(jobs).where(*_ITS_JOB)
_ASK_SOON = update(jobs).where(*_ITS_JOB).values(run_after=bindparam("soon"))
_INVOICE_FAILED = (
    update(invoices)
    .where(
        invoices.c.account_id == _MINE,
        invoices.c.id == bindparam("invoice"),
        invoices.c.state.in_(("PENDING", "FAILED")),
    )
    .values(state="FAILED")
    .returning(invoices.c.id)
)


@dataclass(frozen=True, slots=True)
class PendingPayment:
    """A payment or a refund for which the gateway is to be called, unless its result `is_known` already."""

    payment: Payment
    method: PaymentMethod | None = None
    charge: str | None = None  # the gateway's reference of the charge that a refund is of
    is_known: bool = False


@dataclass(frozen=True, slots=True)
class Unanswered:
    """What a gateway has to be asked about, and the job that holds the lease."""

    job: Job
    begun: PendingPayment


def begin_charge(
    connection: Connection,
    principal: Principal,
    invoice_id: str,
    payment_method: str | None,
    *,
    gateways: Sequence[str],
    key: str | None = None,
    field: str = "payment_method",
    now: datetime,
) -> PendingPayment:
    """Records a charge for all that is outstanding on an invoice; the caller then calls the gateway.

    `payment_method` is an id, or `auto`. The same request again returns the payment made the first
    time; without a key, only while that one is pending or paid.
    """
    key = optional(checks.identifier)(key, "idempotency_key")
    request = fingerprint("settle_invoice", invoice_id, payment_method)
    invoice = lock_payable(connection, principal, invoice_id, field="id")
    if made := settled_before(connection, principal, invoice_id, key, request):
        return PendingPayment(made, is_known=True)
    method = choose_method(connection, principal, invoice.customer_id, payment_method, field=field)
    check_enabled(method.gateway, gateways, field=field)
    row = {
        "type": "PAYMENT",
        "method": method.gateway,
        "amount": outstanding_or_refuse(connection, principal, invoice_id),
        "currency": invoice.currency,
        "invoice_id": invoice_id,
        "reference": invoice.number,
        "gateway": method.gateway,
        "payment_method_id": method.id,
        "idempotency_key": key,
        "request": request,
    }
    return PendingPayment(begin(connection, principal, row, now=now), method)


def begin(connection: Connection, principal: Principal, row: dict[str, Any], *, now: datetime) -> Payment:
    """Inserts the payment as PENDING, and the job that later asks for its result."""
    made = entries.append(connection, principal, {**row, "status": "PENDING"}, now=now)
    account_id = principal.account_id
    outbox.enqueue(connection, account_id, ASK_GATEWAY, made.id, queue=account_id, now=now, wait=PATIENCE)
    return made


def check_enabled(gateway: str, gateways: Sequence[str], *, field: str) -> None:
    if gateway not in gateways:
        known = f"This server has {', '.join(gateways)}." if gateways else "This server has none."
        raise GatewayNotEnabled(f"There is no gateway {gateway}. {known}", field=field, ids=[gateway])


def resolve(
    connection: Connection,
    account_id: str,
    payment_id: str,
    status: str,
    *,
    reference: str | None,
    error: str | None = None,
    is_method_spent: bool = False,
    now: datetime,
) -> Payment:
    """Records a payment's result, once: a second call changes nothing, and PENDING is not a result."""
    begun = entries.payment(connection, account_id, payment_id)
    begun = lock_for_payment(connection, begun, to_refund=begun.type == "REFUND")
    key = {"account": account_id, "payment": payment_id}
    if begun.status != "PENDING":
        connection.execute(_FORGET_JOB, key)
        return begun
    result = {
        "becomes": status,
        "why": error,
        "known_as": reference,
        "paid": now if status == "PAID" else None,
    }
    connection.execute(_RESULT, {**key, **result})
    if begun.invoice_id is not None:
        after_commit.notify_invoices_changed(connection, account_id, [begun.invoice_id])
    ended = entries.payment(connection, account_id, payment_id)
    if status == "PENDING":
        connection.execute(_ASK_SOON, {**key, "soon": now + SOON})
        return ended
    connection.execute(_FORGET_JOB, key)
    if status == "PAID":
        apply_payment(connection, ended, now=now)
    elif ended.type == "PAYMENT":
        _failed(connection, ended, now=now)
    if is_method_spent and ended.payment_method_id:
        set_method_state(connection, account_id, ended.payment_method_id, "FAILED")
    return ended


def _failed(connection: Connection, charge: Payment, *, now: datetime) -> None:
    """Emits the event for a failed charge, unless the invoice is paid otherwise."""
    key = {"account": charge.account_id, "invoice": charge.invoice_id}
    unpaid = connection.execute(_INVOICE_FAILED, key).scalars().all()
    why = {"payment": {"id": charge.id, "status": charge.status, "error": charge.error}}
    events.emit_for_invoices(
        connection, charge.account_id, WebhookEvent.INVOICE_FAILED, unpaid, more=why, now=now
    )


def lock_for_payment(connection: Connection, found: Payment, *, to_refund: bool) -> Payment:
    """The payment, after everything is locked that it may change when it is paid or refunded."""
    account_id = found.account_id
    if to_refund:
        lock_for_refund(connection, account_id, order_id=found.order_id, invoice_id=found.invoice_id)
    elif found.order_id is not None:
        lock_orders(connection, account_id, [found.order_id])
        lock_sales_of(connection, account_id, found.order_id)
    else:
        lock_invoices(connection, account_id, [str(found.invoice_id)])
    return entries.payment(connection, account_id, found.id)


def claim(
    connection: Connection, *, most: int, busy: Sequence[str] = (), now: datetime, lease: timedelta
) -> list[Unanswered]:
    """Payments whose gateway has not given a result in time, leased to the caller.

    It is one of each account, and none of the accounts in `busy`.
    """
    claimed = claim_in_turns(connection, ASK_GATEWAY, most=most, busy_queues=busy, now=now, lease=lease)
    return [Unanswered(job, _begun(connection, job)) for job in claimed]


def _begun(connection: Connection, job: Job) -> PendingPayment:
    payment = entries.payment(connection, job.account_id, job.subject_id)
    if payment.refund_of is not None:
        original = entries.payment(connection, job.account_id, payment.refund_of)
        return PendingPayment(payment, charge=original.gateway_reference)
    return PendingPayment(payment, find_method(connection, job.account_id, str(payment.payment_method_id)))
