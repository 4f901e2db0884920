"""The lines of Reepay's bodies: those of a new invoice, and those that are refunded."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from invoicing.errors import ValidationError
from invoicing.money import portion
from invoicing.snapshot import Line
from invoicing.vat.arithmetic import WHOLE
from resolvers.types import LineCredit, OrderLineValues
from server.rest.json_body import JsonObject


def invoice_line(body: JsonObject) -> OrderLineValues:
    return {
        "text": body.required(body.text, "ordertext"),
        "amount": body.required(body.whole, "amount"),
        "quantity": body.whole("quantity"),
        "vat_rate": _percent(body),
        "amount_incl_vat": body.flag("amount_incl_vat"),
    }


def refund_line(body: JsonObject, lines: Mapping[str, Line]) -> LineCredit:
    """An amount of a line of the invoice, with VAT, to the cent."""
    line_id = body.required(body.text, "order_line_id")
    line = lines.get(line_id)
    if line is None:
        raise ValidationError(
            f"The invoice has no line {line_id[:40]}.", field=body.place("order_line_id"), ids=[line_id]
        )
    percent = _percent(body)
    if percent is not None and percent * 10_000 != line.vat_rate:
        raise ValidationError(
            f"{body.place('vat')} must be the line's own, {line.vat_rate / WHOLE}.",
            field=body.place("vat"),
        )
    quantity = body.whole("quantity")
    amount = body.required(body.whole, "amount") * (1 if quantity is None else quantity)
    if body.flag("amount_incl_vat") is False:
        amount += portion(amount, line.vat_rate, WHOLE)
    return LineCredit(line.id, with_vat=amount)


def _percent(body: JsonObject) -> Decimal | None:
    """Reepay's VAT rate is a fraction; ours is in percent."""
    fraction = body.number("vat")
    if fraction is None:
        return None
    if not 0 <= fraction <= 1:
        raise ValidationError(
            f"{body.place('vat')} must be a fraction from 0 to 1: 0.25 is 25 %.", field=body.place("vat")
        )
    return Decimal(str(fraction)) * 100
