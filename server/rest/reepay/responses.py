"""Invoices, transactions and credit notes as Reepay shows them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from invoicing.snapshot import Address
from invoicing.storage.tables import Payment
from resolvers.invoice_history import InvoiceHistory
from server.rest.reepay.responses_lines import instant, note_line, order_line
from server.rest.reepay.words import ADDRESS, METHODS, STATES

ONE_TIME = "co"
_METHODS = {ours: theirs for theirs, ours in METHODS.items()}
_TRANSACTION = {"PENDING": "pending", "FAILED": "failed", "CANCELLED": "cancelled"}


def invoice(found: InvoiceHistory) -> dict[str, Any]:
    row, frozen = found.invoice, found.invoice.frozen()
    return {
        "id": row.id,
        "handle": row.handle,
        "customer": _customer(found),
        "number": row.sequence,
        "accounting_number": row.number,
        "state": STATES[row.state],
        "processing": found.is_pending,
        "type": ONE_TIME,
        "currency": row.currency,
        "amount": row.total,
        "org_amount": row.total,
        "amount_vat": row.total_vat,
        "amount_ex_vat": row.total_ex_vat,
        "discount_amount": sum(line.discount for line in frozen.lines),
        "settled_amount": found.received,
        "refunded_amount": found.returned,
        "credited_amount": found.credited,
        "created": instant(row.created_at),
        "due": _day(row.due_on),
        "settled": instant(found.settled_at),
        "failed": instant(found.failed_at),
        "cancelled": instant(found.cancelled_at),
        "order_lines": [order_line(line, found) for line in frozen.lines],
        "transactions": [transaction(payment, row.id) for payment in found.payments],
        "credit_notes": [credit_note(credit) for credit in found.credits],
        "billing_address": _address(frozen.buyer.address, frozen.buyer.vat_number),
        "shipping_address": _address(frozen.shipping_address, None),
        "metadata": frozen.metadata,
        "download_url": found.pdf_url,
    }


def transaction(payment: Payment, invoice_id: str) -> dict[str, Any]:
    is_refund, at = payment.type == "REFUND", instant(payment.paid_at)
    done = "refunded" if is_refund else "settled"
    return {
        "id": payment.id,
        "state": _TRANSACTION.get(payment.status, done),
        "invoice": invoice_id,
        "type": "refund" if is_refund else "settle",
        "amount": payment.amount,
        "created": instant(payment.created_at),
        "settled": None if is_refund else at,
        "refunded": at if is_refund else None,
        "failed": instant(payment.created_at) if payment.status == "FAILED" else None,
        "card_transaction": _by_gateway(payment) if payment.gateway else None,
        "manual_transaction": None if payment.gateway else _by_hand(payment),
    }


def credit_note(credit: InvoiceHistory) -> dict[str, Any]:
    """Its amounts are of what goes back, above zero."""
    row, frozen = credit.invoice, credit.invoice.frozen()
    refunds = [each for each in credit.payments if each.type == "REFUND"]
    return {
        "id": row.id,
        "invoice": frozen.credits[0].id,
        "transaction": refunds[0].id if refunds else None,
        "amount": -row.total,
        "amount_vat": -row.total_vat,
        "amount_ex_vat": -row.total_ex_vat,
        "currency": row.currency,
        "customer": _customer(credit),
        "created": instant(row.created_at),
        "accounting_number": row.number,
        "credit_note_lines": [note_line(line, credit) for line in frozen.lines],
        "download_url": credit.pdf_url,
    }


def refund(credit: InvoiceHistory, refunds: Sequence[Payment]) -> dict[str, Any]:
    """The credit note, and what became of the money."""
    by_state = {each.status: each for each in refunds}
    worst = next(
        (by_state[status] for status in ("FAILED", "CANCELLED", "PENDING") if status in by_state), None
    )
    of = worst or (refunds[0] if refunds else None)
    return {
        **credit_note(credit),
        "credit_note_id": credit.invoice.id,
        "state": _TRANSACTION.get(of.status, "refunded") if of else "refunded",
        "type": "card" if of is not None and of.gateway else "manual",
        "transaction": of.id if of else None,
        "ref_transaction": of.refund_of if of else None,
        "error": of.error if of else None,
    }


def _customer(found: InvoiceHistory) -> str | None:
    """Its handle, or its id if it has none; null after a guest's order."""
    return None if found.customer is None else found.customer.handle or found.customer.id


def _by_gateway(payment: Payment) -> dict[str, Any]:
    return {
        "error": payment.error,
        "ref_transaction": payment.refund_of,
        "gateway": payment.gateway,
        "gateway_reference": payment.gateway_reference,
    }


def _by_hand(payment: Payment) -> dict[str, Any]:
    return {
        "method": _METHODS.get(payment.method, "other"),
        "comment": payment.comment,
        "reference": payment.reference,
        "payment_date": instant(payment.paid_at),
    }


def _address(address: Address | None, vat_number: str | None) -> dict[str, Any] | None:
    """At a company, the name is whom to ask for; else it is the person's own."""
    if address is None:
        return None
    first, _, last = (address.name or "").partition(" ")
    is_person = not address.organisation
    return {
        **{theirs: getattr(address, ours) for theirs, ours in ADDRESS.items()},
        "vat": vat_number,
        "attention": None if is_person else address.name,
        "first_name": first or None if is_person else None,
        "last_name": last or None if is_person else None,
    }


def _day(day: date | None) -> str | None:
    return None if day is None else f"{day}T00:00:00.000+00:00"
