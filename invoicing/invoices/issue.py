"""Issuing an invoice: a draft becomes a number, rows, a frozen snapshot and a PDF job."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, bindparam, insert, update
from sqlalchemy.exc import IntegrityError

from invoicing import numbering
from invoicing.access import Principal
from invoicing.audit import subjects
from invoicing.audit.subjects import AuditSubjectType
from invoicing.errors import InvoiceIdReused, InvoicingError, ItemAlreadyInvoiced, NumberTaken
from invoicing.invoices.draft import Draft
from invoicing.invoices.payment_reference import payment_reference
from invoicing.invoices.queries import Issued
from invoicing.ledger import allocation
from invoicing.ledger.allocation import SetOff
from invoicing.ledger.queries import printed_payments
from invoicing.snapshot import PrintedSetOff, Snapshot, dump
from invoicing.storage import after_commit, outbox
from invoicing.storage.id_lists import id_list, is_one_of
from invoicing.storage.prepared import Prepared
from invoicing.storage.tables import invoice_lines, invoices, new_id, order_items, violated_constraint
from invoicing.webhooks import events
from invoicing.webhooks.events import WebhookEvent

_INSERT_INVOICE = Prepared(insert(invoices))
_INSERT_LINES = Prepared(insert(invoice_lines))
_MARK_ITEMS = Prepared(
    update(order_items)
    .where(
        order_items.c.account_id == bindparam("account"),
        is_one_of(order_items.c.id, id_list("ids")),
    )
    .values(invoice_id=bindparam("invoice"), invoiced_as=order_items.c.id)
)


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
    draft, seller = plan.snapshot, plan.account
    formats = {"INVOICE": seller.invoice_number_format, "CREDIT": seller.credit_number_format}
    named = invoice_id or new_id()
    prepaid = allocation.ask_prepaid(connection, principal.account_id, named, draft.lines, draft.due)
    taken = numbering.take_number(
        connection, principal.account_id, draft.type, formats[draft.type], draft.issued_on
    )
    parts = prepaid()
    paid = draft.paid + sum(part.amount for part in parts)
    before = printed_payments(connection, principal.account_id, parts, ZoneInfo(seller.timezone))
    frozen = replace(draft, id=named, number=taken.number, paid=paid, payments=(*draft.payments, *before))
    set_off = allocation.set_off_of(connection, principal.account_id, frozen)
    reference = payment_reference(frozen, taken)
    frozen = replace(frozen, set_off=_printed(set_off, frozen), payment_reference=reference)
    own = {"customer_id": plan.customer_id, "handle": invoice_id, "request": request}
    row = {**_row(frozen, taken, principal, now=now), **own}
    refusal = partial(_refusal, frozen)
    _INSERT_INVOICE.send(connection, row, refusal=refusal)
    _INSERT_LINES.send(connection, *_line_rows(frozen, principal.account_id), refusal=refusal)
    if ids := [line.order_item_id for line in frozen.lines if line.order_item_id]:
        _MARK_ITEMS.send(connection, {"account": principal.account_id, "ids": ids, "invoice": frozen.id})
    outbox.enqueue(
        connection,
        principal.account_id,
        outbox.RENDER_INVOICE,
        frozen.id,
        queue=principal.account_id,
        now=now,
    )
    if seller.has_webhooks:
        events.emit_for_invoices(
            connection,
            principal.account_id,
            WebhookEvent.INVOICE_CREATED,
            [frozen.id],
            more={"state": "PENDING"},  # before it is paid, which another event tells
            now=now,
        )
    after_commit.notify_invoices_changed(
        connection, principal.account_id, [credited.id for credited in frozen.credits]
    )
    state = allocation.settle_at_issue(
        connection, principal.account_id, frozen, parts, set_off, is_heard=seller.has_webhooks, now=now
    )
    if seller.has_webhooks:
        _announce_credit(connection, principal.account_id, frozen, now=now)
    _note_subjects(connection, frozen, set_off)
    return Issued(**{**row, "state": state}, pdf_key=None, pdf_failed_at=None)


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


def _refusal(frozen: Snapshot, clash: IntegrityError) -> InvoicingError:
    """What it is that a unique key of the database refuses an insert."""
    broken = violated_constraint(clash)
    if "number" in broken or "sequence" in broken:
        return NumberTaken(f"The number {frozen.number} is on an invoice already.", ids=[frozen.number])
    if "order_item_id" in broken:
        return ItemAlreadyInvoiced(field="items")
    return InvoiceIdReused(field="invoice_id", ids=[frozen.id])


def _row(
    frozen: Snapshot, taken: numbering.NumberInSeries, principal: Principal, *, now: datetime
) -> dict[str, Any]:
    return {
        "account_id": principal.account_id,
        "id": frozen.id,
        "number": frozen.number,
        "type": frozen.type,
        "state": allocation.state_at_issue(frozen),
        "period": taken.period,
        "sequence": taken.sequence,
        "currency": frozen.currency,
        "is_including_vat": frozen.is_including_vat,
        "subtotal": frozen.subtotal,
        "total_ex_vat": frozen.total_ex_vat,
        "total_vat": frozen.total_vat,
        "total": frozen.total,
        "rounding": frozen.rounding,
        "issued_on": frozen.issued_on,
        "due_on": frozen.due_on,
        "actor_id": principal.actor.id,
        "actor_name": principal.actor.name,
        "actor_type": principal.actor.type,
        "snapshot": dump(frozen),
        "logo": _logo_of(frozen),
        "search_text": f"{frozen.number} {frozen.buyer.name}".casefold(),
        "created_at": now,
    }


def _logo_of(frozen: Snapshot) -> str | None:
    branding = frozen.branding
    return None if branding is None or branding.logo is None else branding.logo.sha256


def _line_rows(frozen: Snapshot, account_id: str) -> list[dict[str, Any]]:
    return [
        {
            "account_id": account_id,
            "invoice_id": frozen.id,
            "position": position,
            "id": line.id,
            "order_id": line.order_id,
            "order_item_id": line.order_item_id,
            "sku": line.sku,
            "name": line.name,
            "quantity": line.quantity,
            "unit": line.unit,
            "unit_price": line.unit_price,
            "unit_price_rest": line.unit_price_rest,
            "discount": line.discount,
            "subtotal": line.subtotal,
            "total": line.total,
            "total_ex_vat": line.total_ex_vat,
            "vat_amount": line.vat_amount,
            "rounding": line.rounding,
            "vat_rate": line.vat_rate,
            "vat_category": line.vat_category,
            "exemption_reason": line.exemption_reason,
            "supply": line.supply,
            "credited_invoice_id": line.credited_invoice_id,
            "credited_line_id": line.credited_line_id,
            "credited_quantity": line.credited_quantity,
        }
        for position, line in enumerate(frozen.lines)
    ]
