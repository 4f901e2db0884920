"""Reepay's bodies, read into what the resolvers take."""

from __future__ import annotations

from datetime import date, datetime
from typing import cast

from invoicing.errors import ValidationError
from invoicing.storage.tables import Customer, new_id
from resolvers.types import AddressValues, CreateInvoiceValues, Issued, ManualTransferValues, RefundAmount
from server.rest.json_body import JsonObject
from server.rest.reepay.requests_lines import invoice_line, refund_line
from server.rest.reepay.words import ADDRESS, METHODS


def invoice(body: JsonObject, customer_handle: str) -> CreateInvoiceValues:
    """What `create_invoice` takes."""
    settle, transfer = body.object("settle"), body.object("manual_transfer")
    lines = body.objects("order_lines")
    metadata = body.object("metadata")
    return {
        "customer_handle": customer_handle,
        "handle": body.text("handle"),
        "currency": body.text("currency"),
        "order_lines": [invoice_line(line) for line in lines or ()],
        "billing_address": _address(body, "billing_address"),
        "shipping_address": _address(body, "shipping_address"),
        "cost_center": body.text("cost_center"),
        "purchase_order_number": body.text("purchase_order_number"),
        "meta": None if metadata is None else metadata.values,
        "settle": None if settle is None else {"payment_method": payment_method(settle)},
        "manual_transfer": None if transfer is None else manual_transfer(transfer),
    }


def has_vat_number(body: JsonObject) -> bool:
    """Whether a VAT number is written in the billing address."""
    address = body.object("billing_address")
    return address is not None and bool(address.text("vat"))


def check_vat_number(body: JsonObject, customer: Customer) -> None:
    """An invoice has the customer's own VAT number, so its billing address can have no other."""
    address = body.required(body.object, "billing_address")
    if address.text("vat") != customer.vat_number:
        raise ValidationError(
            f"{address.place('vat')} must be the customer's own; updateCustomer changes it.",
            field=address.place("vat"),
        )


def payment_method(body: JsonObject) -> str | None:
    """The payment method to charge at once. A charge at a later time is refused."""
    if body.values.get("due") is not None:
        raise ValidationError(
            f"{body.place('due')} is not possible: leave settle out, and settle the invoice when it is due.",
            field=body.place("due"),
        )
    return body.text("payment_method")


def manual_transfer(body: JsonObject) -> ManualTransferValues:
    method = body.required(body.text, "method")
    if method not in METHODS:
        raise ValidationError(
            f"{body.place('method')} must be one of {', '.join(METHODS)} (it is {method[:40]}).",
            field=body.place("method"),
        )
    return {
        "method": METHODS[method],
        "payment_date": _day(body, "payment_date"),
        "comment": body.text("comment"),
        "reference": body.text("reference"),
    }


def refund_amount(body: JsonObject, refunded: Issued) -> RefundAmount:
    """How much of the invoice goes back."""
    amount, lines = body.whole("amount"), body.objects("note_lines")
    if amount is not None and lines is not None:
        raise ValidationError("Give amount or note_lines, not both.", field="note_lines")
    if lines is None:
        return amount
    by_id = {line.id: line for line in refunded.frozen().lines}
    return [refund_line(line, by_id) for line in lines]


def idempotency_key(body: JsonObject) -> str:
    """The caller's key, or a new one: without a key, no request is a repetition of another."""
    return body.text("key") or new_id()


def _address(body: JsonObject, name: str) -> AddressValues | None:
    address = body.object(name)
    if address is None:
        return None
    address.text("vat")  # the customer's own counts, but it has to be text
    parts = {name: address.text(reepay_name) for reepay_name, name in ADDRESS.items()}
    return cast(AddressValues, {"name": address.text("attention") or _full_name(address), **parts})


def _full_name(address: JsonObject) -> str | None:
    names = (address.text("first_name"), address.text("last_name"))
    return " ".join(name.strip() for name in names if name and name.strip()) or None


def _day(body: JsonObject, name: str) -> date:
    """A date, or the date of a date-time, as it is written."""
    written = body.required(body.text, name)
    try:
        return datetime.fromisoformat(written).date()
    except ValueError:
        raise ValidationError(
            f"{body.place(name)} must be a date or a date-time such as 2025-06-02 or 2025-06-02T09:30:00.",
            field=body.place(name),
        ) from None
