"""The lines of invoices and credit notes as Reepay shows them, and how it writes an instant."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from invoicing.decimals import MILLION, json_number
from invoicing.money import portion
from invoicing.snapshot import Line
from invoicing.vat.arithmetic import WHOLE
from resolvers.invoice_history import InvoiceHistory


def order_line(line: Line, history: InvoiceHistory) -> dict[str, Any]:
    quantity, price = _pieces(line)
    unit, unit_vat = _unit_amounts(price, line.vat_rate, history.invoice.is_including_vat)
    return {
        "id": line.id,
        "ordertext": line.name,
        "amount": line.total_ex_vat + line.vat_amount,
        "vat": json_number(line.vat_rate),
        "quantity": quantity,
        "origin": "ondemand",
        "timestamp": instant(history.invoice.created_at),
        "amount_vat": line.vat_amount,
        "amount_ex_vat": line.total_ex_vat,
        "unit_amount": unit,
        "unit_amount_vat": unit_vat,
        "unit_amount_ex_vat": unit - unit_vat,
        "amount_defined_incl_vat": history.invoice.is_including_vat,
    }


def note_line(line: Line, credit: InvoiceHistory) -> dict[str, Any]:
    quantity, price = _pieces(line)
    unit, unit_vat = _unit_amounts(price, line.vat_rate, credit.invoice.is_including_vat)
    gross = -line.total_ex_vat - line.vat_amount
    return {
        "id": line.id,
        "text": line.name,
        "amount": gross,
        "quantity": -quantity,
        "vat": json_number(line.vat_rate),
        "created": instant(credit.invoice.created_at),
        "order_line_id": line.credited_line_id,
        "amount_incl_vat": gross,
        "amount_vat": -line.vat_amount,
        "amount_ex_vat": -line.total_ex_vat,
        "unit_amount": unit,
        "unit_amount_vat": unit_vat,
        "unit_amount_ex_vat": unit - unit_vat,
        "amount_incl_vat_defined": credit.invoice.is_including_vat,
    }


def _pieces(line: Line) -> tuple[int, int]:
    """The quantity and the price of one. Reepay has no decimals: a line with some is one piece of it all."""
    if line.quantity % MILLION or line.unit_price_rest:
        one = 1 if line.quantity > 0 else -1
        return one, one * line.subtotal
    return line.quantity // MILLION, line.unit_price


def _unit_amounts(price: int, rate: int, including: bool) -> tuple[int, int]:
    """The price of one with VAT, and its VAT. Each is rounded by itself: they need not add up to the line."""
    if including:
        return price, portion(price, rate, WHOLE + rate)
    tax = portion(price, rate, WHOLE)
    return price + tax, tax


def instant(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="milliseconds")
