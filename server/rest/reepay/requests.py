"""Reepay's bodies, read into what the resolvers take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from invoicing.errors import ValidationError
from invoicing.invoices.credit import LineCredit
from invoicing.invoices.queries import Issued
from invoicing.invoices.refund import Asked
from invoicing.money import portion
from invoicing.snapshot import Line
from invoicing.storage.tables import Customer
from invoicing.vat.arithmetic import WHOLE
from server.rest.json_body import Given
from server.rest.reepay.words import ADDRESS, METHODS


def invoice(given: Given, customer: Customer) -> dict[str, Any]:
    """What `createInvoice` takes."""
    settle, transfer = given.object("settle"), given.object("manual_transfer")
    lines = given.objects("order_lines")
    metadata = given.object("metadata")
    return {
        "customer_id": customer.id,
        "handle": given.text("handle"),
        "currency": given.text("currency"),
        "order_lines": [_line(line) for line in lines or ()],
        "billing_address": _address(given, "billing_address", customer),
        "shipping_address": _address(given, "shipping_address", customer),
        "cost_center": given.text("cost_center"),
        "purchase_order_number": given.text("purchase_order_number"),
        "meta": None if metadata is None else metadata.values,
        "settle": None if settle is None else {"payment_method": method(settle)},
        "manual_transfer": None if transfer is None else manual_transfer(transfer),
    }


def method(given: Given) -> str | None:
    """The payment method to charge, now: nothing here charges later by itself."""
    if given.values.get("due") is not None:
        raise ValidationError(
            f"{given.place('due')} is not possible: leave settle out, and settle the invoice when it is due.",
            field=given.place("due"),
        )
    return given.text("payment_method")


def manual_transfer(given: Given) -> dict[str, Any]:
    named = given.needed(given.text, "method")
    if named not in METHODS:
        raise ValidationError(
            f"{given.place('method')} must be one of {', '.join(METHODS)} (it is {named[:40]}).",
            field=given.place("method"),
        )
    transfer = {
        "method": METHODS[named],
        "payment_date": _day(given, "payment_date"),
        "comment": given.text("comment"),
        "reference": given.text("reference"),
    }
    return {name: value for name, value in transfer.items() if value is not None}


def refund(given: Given, sale: Issued) -> Asked:
    """How much of the invoice goes back."""
    amount, lines = given.whole("amount"), given.objects("note_lines")
    if amount is not None and lines is not None:
        raise ValidationError("Give amount or note_lines, not both.", field="note_lines")
    if lines is None:
        return amount
    return [_note_line(line, {each.id: each for each in sale.frozen().lines}.get) for line in lines]


def _line(given: Given) -> dict[str, Any]:
    line = {
        "text": given.needed(given.text, "ordertext"),
        "amount": given.needed(given.whole, "amount"),
        "quantity": given.whole("quantity"),
        "vat_rate": _percent(given),
        "amount_incl_vat": given.flag("amount_incl_vat"),
    }
    return {name: value for name, value in line.items() if value is not None}


def _percent(given: Given) -> float | None:
    """A fraction there, a percentage here."""
    fraction = given.number("vat")
    if fraction is None:
        return None
    if not 0 <= fraction <= 1:
        raise ValidationError(
            f"{given.place('vat')} must be a fraction from 0 to 1: 0.25 is 25 %.", field=given.place("vat")
        )
    return fraction * 100


def _note_line(given: Given, line_of: Callable[[str], Line | None]) -> LineCredit:
    """So much of a line of the invoice, with VAT to the cent."""
    named = given.needed(given.text, "order_line_id")
    line = line_of(named)
    if line is None:
        raise ValidationError(
            f"The invoice has no line {named[:40]}.", field=given.place("order_line_id"), ids=[named]
        )
    percent = _percent(given)
    if percent is not None and round(percent * 100) != line.vat_rate:
        raise ValidationError(
            f"{given.place('vat')} must be the line's own, {line.vat_rate / WHOLE}.", field=given.place("vat")
        )
    quantity = given.whole("quantity")
    amount = given.needed(given.whole, "amount") * (1 if quantity is None else quantity)
    if given.flag("amount_incl_vat") is False:
        amount += portion(amount, line.vat_rate, WHOLE)
    return LineCredit(line.id, with_vat=amount)


def _address(given: Given, name: str, customer: Customer) -> dict[str, Any] | None:
    address = given.object(name)
    if address is None:
        return None
    number = address.text("vat")
    if name == "billing_address" and number not in (None, "", customer.vat_number):
        raise ValidationError(
            f"{address.place('vat')} must be the customer's own; updateCustomer changes it.",
            field=address.place("vat"),
        )
    return {
        "name": address.text("attention") or _person(address),
        **{ours: address.text(theirs) for theirs, ours in ADDRESS.items()},
    }


def _person(address: Given) -> str | None:
    names: Sequence[str | None] = (address.text("first_name"), address.text("last_name"))
    return " ".join(name.strip() for name in names if name and name.strip()) or None


def _day(given: Given, name: str) -> date:
    """A date, or the date of a date-time, as it is written."""
    written = given.needed(given.text, name)
    try:
        return datetime.fromisoformat(written).date()
    except ValueError:
        raise ValidationError(
            f"{given.place(name)} must be a date or a date-time such as 2025-06-02 or 2025-06-02T09:30:00.",
            field=given.place(name),
        ) from None
