"""Issuing an invoice: a draft becomes a number, rows, a frozen snapshot and a PDF job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from invoicing import numbering
from invoicing.access import Principal
from invoicing.audit import subjects
from invoicing.audit.subjects import AuditSubjectType
from invoicing.invoices.draft import Draft
from invoicing.invoices.payment_reference import payment_reference
from invoicing.invoices.queries import Issued
from invoicing.invoices.stored import row_of, store
from invoicing.ledger import allocation
from invoicing.ledger.allocation import SetOff
from invoicing.ledger.distribution import Allocation
from invoicing.ledger.queries import printed_payments
from invoicing.snapshot import PrintedSetOff, Snapshot
from invoicing.storage import after_commit, outbox
from invoicing.storage.tables import new_id
from invoicing.webhooks import events
from invoicing.webhooks.events import WebhookEvent


def issue(
    connection: Connection,
    principal: Principal,
    plan: Draft,
    invoice_id: str | None,
    *,
    request: str | None = None,
    now: datetime,
) -> Issued:
    """Issues what was drafted, all of it in the caller's transaction.

    `invoice_id` is the caller's own id, if any; `request` is the fingerprint of the request with this id.
    """
    frozen = _freeze(connection, principal, plan, invoice_id or new_id())
    own = {"customer_id": plan.customer_id, "handle": invoice_id, "request": request}
    row = {**row_of(frozen.snapshot, frozen.taken, principal, now=now), **own}
    store(connection, principal.account_id, frozen.snapshot, row)
    state = _follow_up(connection, principal.account_id, plan.account.has_webhooks, frozen, now=now)
    _note_subjects(connection, frozen.snapshot, frozen.set_off)
    return Issued.without_pdf({**row, "state": state})


@dataclass(frozen=True, slots=True)
class _Frozen:
    """An invoice with its number, what was paid before it, and what it takes off others."""

    snapshot: Snapshot
    taken: numbering.NumberInSeries
    prepaid: Sequence[Allocation]
    set_off: SetOff


def _freeze(connection: Connection, principal: Principal, plan: Draft, id: str) -> _Frozen:
    """Takes the number: from here on the series is locked."""
    draft, seller, account_id = plan.snapshot, plan.account, principal.account_id
    formats = {"INVOICE": seller.invoice_number_format, "CREDIT": seller.credit_number_format}
    prepaid = allocation.ask_prepaid(connection, account_id, id, draft.lines, draft.due)
    taken = numbering.take_number(connection, account_id, draft.type, formats[draft.type], draft.issued_on)
    parts = prepaid()
    paid = draft.paid + sum(part.amount for part in parts)
    before = printed_payments(connection, account_id, parts, ZoneInfo(seller.timezone))
    frozen = replace(draft, id=id, number=taken.number, paid=paid, payments=(*draft.payments, *before))
    set_off = allocation.set_off_of(connection, account_id, frozen)
    reference = payment_reference(frozen, taken)
    frozen = replace(frozen, set_off=_printed(set_off, frozen), payment_reference=reference)
    return _Frozen(frozen, taken, parts, set_off)


def _follow_up(
    connection: Connection, account_id: str, is_heard: bool, frozen: _Frozen, *, now: datetime
) -> str:
    """Has its PDF made, and pays or sets it off, with the events of each, if somebody hears them.

    Returns the state that it has then.
    """
    id = frozen.snapshot.id
    outbox.enqueue(connection, account_id, outbox.RENDER_INVOICE, id, queue=account_id, now=now)
    if is_heard:
        pending = {"state": "PENDING"}  # before it is paid, which another event tells
        created = WebhookEvent.INVOICE_CREATED
        events.emit_for_invoices(connection, account_id, created, [id], more=pending, now=now)
    after_commit.notify_invoices_changed(
        connection, account_id, [each.id for each in frozen.snapshot.credits]
    )
    state = allocation.settle_at_issue(
        connection, account_id, frozen.snapshot, frozen.prepaid, frozen.set_off, is_heard=is_heard, now=now
    )
    if is_heard:
        _announce_credit(connection, account_id, frozen.snapshot, now=now)
    return state


def _printed(set_off: SetOff, credit: Snapshot) -> tuple[PrintedSetOff, ...] | None:
    """What a credit invoice takes off, as its paper says it."""
    if credit.type != "CREDIT":
        return None
    numbers = {**set_off.numbers, **{each.id: each.number for each in credit.credits}}
    return tuple(PrintedSetOff(number=numbers[part.invoice_id], amount=part.amount) for part in set_off.parts)


def _note_subjects(connection: Connection, frozen: Snapshot, set_off: SetOff) -> None:
    """For the audit log: the invoice, its orders, and the invoices that it credits or is set off against."""
    orders = dict.fromkeys(line.order_id for line in frozen.lines)
    beside = [*(credited.id for credited in frozen.credits), *(part.invoice_id for part in set_off.parts)]
    invoices = (frozen.id, *dict.fromkeys(beside))
    subjects.note(connection, subjects.subjects(AuditSubjectType.INVOICE, *invoices))
    subjects.note(connection, subjects.subjects(AuditSubjectType.ORDER, *orders))


def _announce_credit(connection: Connection, account_id: str, credit: Snapshot, *, now: datetime) -> None:
    """Emits the event for the invoices that it credits, with their state after it."""
    by = {
        "credited_by": {
            "id": credit.id,
            "number": credit.number,
            "total": credit.total,
            "rounding": credit.rounding,
        }
    }
    ids = [invoice.id for invoice in credit.credits]
    events.emit_for_invoices(connection, account_id, WebhookEvent.INVOICE_CREDITED, ids, more=by, now=now)
