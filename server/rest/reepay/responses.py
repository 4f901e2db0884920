"""Invoices, transactions, credit notes and refunds as Reepay shows them."""

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
_METHODS = {method: reepay_name for reepay_name, method in METHODS.items()}
_UNFINISHED_STATES = {"PENDING": "pending", "FAILED": "failed", "CANCELLED": "cancelled"}


def invoice(history: InvoiceHistory) -> dict[str, Any]:
    row, frozen = history.invoice, history.invoice.frozen()
    return {
        "id": row.id,
        "handle": row.handle,
        "customer": _customer(history),
        "number": row.sequence,
        "accounting_number": row.number,
        "state": STATES[row.state],
        "processing": history.is_pending,
        "type": ONE_TIME,
        "currency": row.currency,
        "amount": row.due,
        "org_amount": row.due,
        "amount_vat": row.total_vat,
        "amount_ex_vat": row.total_ex_vat,
        "discount_amount": sum(line.discount for line in frozen.lines),
        "settled_amount": history.received,
        "refunded_amount": history.returned,
        "credited_amount": history.credited,
        "created": instant(row.created_at),
        "due": _midnight(row.due_on),
        "settled": instant(history.settled_at),
        "failed": instant(history.failed_at),
        "cancelled": instant(history.cancelled_at),
        "order_lines": [order_line(line, history) for line in frozen.lines],
        "transactions": [transaction(payment, history) for payment in history.payments],
        "credit_notes": [credit_note(credit) for credit in history.credits],
        "billing_address": _address(frozen.buyer.address, frozen.buyer.vat_number),
        "shipping_address": _address(frozen.shipping_address, None),
        "metadata": {} if history.is_for_customer else frozen.metadata,
        "download_url": history.pdf_url,
    }


def transaction(payment: Payment, history: InvoiceHistory) -> dict[str, Any]:
    """Without remarks and the gateway's own words where a customer sees it."""
    is_refund, at = payment.type == "REFUND", instant(payment.paid_at)
    paid = "refunded" if is_refund else "settled"
    is_internal = not history.is_for_customer
    return {
        "id": payment.id,
        "state": _UNFINISHED_STATES.get(payment.status, paid),
        "invoice": history.invoice.id,
        "type": "refund" if is_refund else "settle",
        "amount": payment.amount,
        "created": instant(payment.created_at),
        "settled": None if is_refund else at,
        "refunded": at if is_refund else None,
        "failed": instant(payment.created_at) if payment.status == "FAILED" else None,
        "card_transaction": _card_transaction(payment, is_internal) if payment.gateway else None,
        "manual_transaction": None if payment.gateway else _manual_transaction(payment, is_internal),
    }


def credit_note(credit: InvoiceHistory) -> dict[str, Any]:
    """Its amounts are what goes back, so they are above zero."""
    row, frozen = credit.invoice, credit.invoice.frozen()
    refunds = [each for each in credit.payments if each.type == "REFUND"]
    return {
        "id": row.id,
        "invoice": frozen.credits[0].id,
        "transaction": refunds[0].id if refunds else None,
        "amount": -row.due,
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
    decisive = worst or (refunds[0] if refunds else None)
    return {
        **credit_note(credit),
        "credit_note_id": credit.invoice.id,
        "state": _UNFINISHED_STATES.get(decisive.status, "refunded") if decisive else "refunded",
        "type": "card" if decisive is not None and decisive.gateway else "manual",
        "transaction": decisive.id if decisive else None,
        "ref_transaction": decisive.refund_of if decisive else None,
        "error": decisive.error if decisive else None,
    }


def _customer(history: InvoiceHistory) -> str | None:
    """The customer's handle, or id if there is none; null after a guest's order."""
    return None if history.customer is None else history.customer.handle or history.customer.id


def _card_transaction(payment: Payment, is_internal: bool) -> dict[str, Any]:
    return {
        "error": payment.error if is_internal else None,
        "ref_transaction": payment.refund_of,
        "gateway": payment.gateway,
        "gateway_reference": payment.gateway_reference if is_internal else None,
    }


def _manual_transaction(payment: Payment, is_internal: bool) -> dict[str, Any]:
    return {
        "method": _METHODS.get(payment.method, "other"),
        "comment": payment.comment if is_internal else None,
        "reference": payment.reference,
        "payment_date": instant(payment.paid_at),
    }


def _address(address: Address | None, vat_number: str | None) -> dict[str, Any] | None:
    """In an address of a company, the name is whom to ask for; otherwise it is the buyer's own."""
    if address is None:
        return None
    first, _, last = (address.name or "").partition(" ")
    is_person = not address.organisation
    return {
        **{reepay_name: getattr(address, name) for reepay_name, name in ADDRESS.items()},
        "vat": vat_number,
        "attention": None if is_person else address.name,
        "first_name": first or None if is_person else None,
        "last_name": last or None if is_person else None,
    }


def _midnight(day: date | None) -> str | None:
    return None if day is None else f"{day}T00:00:00.000+00:00"
