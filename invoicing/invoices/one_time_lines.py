"""The lines of a one-time invoice: what they may be, and what they come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from invoicing import checks
from invoicing.checks import checked
from invoicing.decimals import MILLION, price_columns, subtotal_of, written
from invoicing.errors import AmountTooLarge, MixedVatModes, NegativeTotal, NoLines, ValidationError
from invoicing.invoices.values import OrderLineValues
from invoicing.money import MAX_AMOUNT
from invoicing.orders.items import ITEM_CHECKS, Supply
from invoicing.snapshot import Line
from invoicing.storage.tables import new_id
from invoicing.stored_snapshot import read_period
from invoicing.vat import arithmetic
from invoicing.vat.categories import check_exemption_reason, rate_and_category

MAX_LINES = 1_000
FIELD = "order_lines"

CHECKS: Mapping[str, checks.Check] = {
    "text": ITEM_CHECKS["name"],
    "amount": checks.unit_price,
    "quantity": checks.quantity,
    "vat_rate": checks.vat_rate,
    "vat_category": ITEM_CHECKS["vat_category"],
    "amount_incl_vat": checks.flag,
    **{
        name: ITEM_CHECKS[name]
        for name in (
            "unit",
            "discount",
            "sku",
            "description",
            "exemption_reason",
            "supply",
            "service_period",
        )
    },
}
_DEFAULTS: Mapping[str, Any] = {"quantity": MILLION, "amount_incl_vat": True, "unit": "C62"}


def asked_lines(given: Sequence[OrderLineValues]) -> list[dict[str, Any]]:
    """The requested lines, checked. Lines without a VAT rate get the account's later (`with_vat`)."""
    if not 1 <= len(given) <= MAX_LINES:
        refusal = ValidationError if given else NoLines
        raise refusal(f"{FIELD} must have 1 to {MAX_LINES:,} lines (it has {len(given):,}).", field=FIELD)
    lines = [_asked(line, f"{FIELD}.{place}.") for place, line in enumerate(given)]
    for place, line in enumerate(lines):
        if line["amount_incl_vat"] != lines[0]["amount_incl_vat"]:
            raise MixedVatModes(field=f"{FIELD}.{place}.amount_incl_vat")
    return lines


def as_written(line: Mapping[str, Any]) -> dict[str, Any]:
    """The checked line in the units of before decimals, in which fingerprints of old requests were taken.

    Quantity and amount are whole where they are, and a rate is in basis points.
    """
    decimals = {"quantity": 6, "amount": 6, "vat_rate": 2}
    numbers = {name: written(line[name], places) for name, places in decimals.items() if name in line}
    return {**line, **numbers}


def with_vat(asked: Sequence[Mapping[str, Any]], default_rate: int) -> list[dict[str, Any]]:
    """The same lines, each with its rate and category."""
    lines = [
        {**line, **rate_and_category(line, default_rate, at=f"{FIELD}.{place}.")}
        for place, line in enumerate(asked)
    ]
    for place, line in enumerate(lines):
        check_exemption_reason(line, at=f"{FIELD}.{place}.")
    return lines


def totals_of(lines: Sequence[Mapping[str, Any]]) -> arithmetic.Totals:
    """The totals of the lines. They must not be negative: money is given back by a credit invoice."""
    totals = arithmetic.compute([_taxable(line) for line in lines], including_vat=lines[0]["amount_incl_vat"])
    if max(abs(totals.total), sum([abs(line.subtotal) for line in totals.lines])) > MAX_AMOUNT:
        raise AmountTooLarge(f"The invoice's amounts would pass ±{MAX_AMOUNT}.", field=FIELD)
    if totals.total < 0:
        raise NegativeTotal(
            f"{FIELD} come to {totals.total}; an invoice's total must not be negative.", field=FIELD
        )
    return totals


def frozen_lines(
    lines: Sequence[Mapping[str, Any]], totals: arithmetic.Totals, rounding: int
) -> tuple[Line, ...]:
    """The first one has the rounding of the invoice."""
    return tuple(
        Line(
            id=new_id(),
            name=line["text"],
            quantity=line["quantity"],
            unit=line["unit"],
            **price_columns(line["amount"]),
            discount=line.get("discount", 0),
            subtotal=taxed.subtotal,
            total=taxed.total,
            total_ex_vat=taxed.net,
            vat_amount=taxed.vat,
            rounding=0 if place else rounding,
            vat_rate=line["vat_rate"],
            vat_category=line["vat_category"],
            exemption_reason=line.get("exemption_reason"),
            supply=line.get("supply", Supply.GOODS),
            sku=line.get("sku"),
            description=line.get("description"),
            service_period=read_period(line.get("service_period")),
        )
        for place, (line, taxed) in enumerate(zip(lines, totals.lines, strict=True))
    )


def _asked(given: OrderLineValues, at: str) -> dict[str, Any]:
    named = {name: value for name, value in given.items() if value is not None}
    line = {**_DEFAULTS, **checked(named, CHECKS, at=at)}
    for name in ("text", "amount"):
        if name not in line:
            raise ValidationError(f"{at}{name} is needed.", field=at + name)
    subtotal = subtotal_of(line["amount"], line["quantity"])
    if abs(subtotal) > MAX_AMOUNT:
        raise AmountTooLarge(f"{at}quantity × amount would pass ±{MAX_AMOUNT}.", field=f"{at}amount")
    if not 0 <= line.get("discount", 0) <= max(subtotal, 0):
        raise ValidationError(f"{at}discount must be from 0 to the line's subtotal.", field=f"{at}discount")
    return line


def _taxable(line: Mapping[str, Any]) -> arithmetic.Taxable:
    return arithmetic.Taxable(
        subtotal=subtotal_of(line["amount"], line["quantity"]),
        discount=line.get("discount", 0),
        rate=line["vat_rate"],
        category=line["vat_category"],
    )
