"""Finds contradictions within one invoice: between its row, its lines and its frozen snapshot. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from operator import itemgetter
from typing import Any

import orjson

from invoicing.decimals import decimal_text
from invoicing.stored_snapshot import convert_first_version
from invoicing.verify.lawful import find_unlawful

LINE_FIELDS = (
    "id",
    "order_id",
    "order_item_id",
    "sku",
    "name",
    "quantity",
    "unit",
    "unit_price",
    "unit_price_rest",
    "discount",
    "subtotal",
    "total",
    "total_ex_vat",
    "vat_amount",
    "vat_rate",
    "vat_category",
)
"""The fields that a line's row and its entry in the snapshot both have."""

INVOICE_FIELDS = (
    "id",
    "number",
    "type",
    "currency",
    "is_including_vat",
    "subtotal",
    "total_ex_vat",
    "total_vat",
    "total",
)
"""The fields that the invoice's row and the snapshot both have."""

_MOST_MULTIPLE = 100  # minor units to which an account can round
_invoice_values = itemgetter(*INVOICE_FIELDS)


def find_contradictions(invoice: Any, lines: Sequence[Any]) -> Iterator[tuple[str, str]]:
    """A kind and a sentence for each fault. Amounts are in minor units."""
    yield from _total_faults(invoice)
    yield from _sum_faults(invoice, lines)
    yield from _rounding_faults(invoice, lines)
    try:
        snapshot, is_ruled = _snapshot(invoice.snapshot)
        faults = [
            *_snapshot_faults(invoice, snapshot),
            *_snapshot_line_faults(lines, snapshot),
            *_vat_faults(invoice, lines, snapshot),
            *_tax_currency_faults(invoice, snapshot),
            *_supply_date_faults(snapshot),
            *_logo_faults(invoice, snapshot),
            *(find_unlawful(snapshot) if is_ruled else ()),
        ]
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        yield "snapshot", f"The snapshot cannot be read: {error!r}."
    else:
        yield from faults


def _snapshot(stored: str) -> tuple[Any, bool]:
    """The snapshot as its columns count: old ones have whole quantities and prices. And whether it is new."""
    snapshot = orjson.loads(stored)
    if is_old := "version" not in snapshot:
        convert_first_version(snapshot)
        for line in snapshot["lines"]:
            line["unit_price_rest"] = 0
    return snapshot, not is_old


def _logo_faults(invoice: Any, snapshot: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    named = ((snapshot.get("branding") or {}).get("logo") or {}).get("sha256")
    if invoice.logo != named:
        yield "snapshot", f"logo is {invoice.logo}, in the snapshot {named}."


def _total_faults(invoice: Any) -> Iterator[tuple[str, str]]:
    if invoice.total != invoice.total_ex_vat + invoice.total_vat:
        yield "total", f"total is {invoice.total}, not {invoice.total_ex_vat} + {invoice.total_vat}."


def _sum_faults(invoice: Any, lines: Sequence[Any]) -> Iterator[tuple[str, str]]:
    price_column = "total" if invoice.is_including_vat else "total_ex_vat"
    for column, of_line in (
        ("subtotal", "subtotal"),
        ("total_ex_vat", "total_ex_vat"),
        ("total_vat", "vat_amount"),
        (price_column, "total"),
    ):
        total = sum([getattr(line, of_line) for line in lines])
        if total != getattr(invoice, column):
            yield "lines", f"{column} is {getattr(invoice, column)}, its lines' {of_line} come to {total}."
    for line in lines:
        gross = line.total_ex_vat + line.vat_amount
        if line.total != line.subtotal - line.discount:
            yield "lines", f"Line {line.id}: total is {line.total}, not {line.subtotal} - {line.discount}."
        if line.total != (gross if invoice.is_including_vat else line.total_ex_vat):
            yield (
                "lines",
                f"Line {line.id}: total {line.total} is not {line.total_ex_vat} + {line.vat_amount}.",
            )
        if line.order_item_id is not None and line.marked != invoice.id:
            yield "items", f"Item {line.order_item_id} is marked with {line.marked or 'no invoice'}."


def _rounding_faults(invoice: Any, lines: Sequence[Any]) -> Iterator[tuple[str, str]]:
    """A rounding is one at most for each order and rate on each invoice that is credited, and only where
    prices are without VAT; or it makes what is asked of a one-time invoice a multiple of up to 100."""
    rounding = invoice.rounding
    parts = sum([line.rounding or 0 for line in lines])
    if parts != rounding:
        yield "rounding", f"rounding is {rounding}, its lines' come to {parts}."
    of_orders = {
        (line.credited_invoice_id, line.order_id, line.vat_rate)
        for line in lines
        if line.order_id is not None
    }
    if of_orders:
        most = 0 if invoice.is_including_vat else len(of_orders)
    elif invoice.type == "CREDIT":
        most = _MOST_MULTIPLE // 2
    else:
        due = invoice.total + rounding
        most = max(m // 2 for m in range(1, _MOST_MULTIPLE + 1) if due % m == 0)
    if abs(rounding) > most:
        yield "rounding", f"rounding is {rounding}, and can be {most} at most."


def _snapshot_faults(invoice: Any, snapshot: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for column, frozen in zip(INVOICE_FIELDS, _invoice_values(snapshot), strict=True):
        if frozen != getattr(invoice, column):
            yield "snapshot", f"{column} is {getattr(invoice, column)}, in the snapshot {frozen}."
    if invoice.rounding != snapshot.get("rounding", 0):
        yield "snapshot", f"rounding is {invoice.rounding}, in the snapshot {snapshot.get('rounding', 0)}."
    for column in ("issued_on", "due_on"):
        stored = getattr(invoice, column)
        if snapshot[column] != (stored and stored.isoformat()):
            yield "snapshot", f"{column} is {stored}, in the snapshot {snapshot[column]}."


def _snapshot_line_faults(lines: Sequence[Any], snapshot: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    frozen = snapshot["lines"]
    if len(frozen) != len(lines):
        yield "snapshot", f"The invoice has {len(lines)} lines, its snapshot {len(frozen)}."
        return
    for line, entry in zip(lines, frozen, strict=True):
        if [*line[: len(LINE_FIELDS)]] != [entry.get(name) for name in LINE_FIELDS]:
            different = [name for name in LINE_FIELDS if getattr(line, name) != entry.get(name)]
            yield "snapshot", f"Line {line.id} differs from the snapshot in {', '.join(different)}."
        elif (line.rounding or 0) != entry.get("rounding", 0):
            yield "snapshot", f"Line {line.id} differs from the snapshot in rounding."


def _vat_faults(invoice: Any, lines: Sequence[Any], snapshot: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    bases: defaultdict[tuple[str, int], int] = defaultdict(int)
    amounts: defaultdict[tuple[str, int], int] = defaultdict(int)
    for line in lines:
        bases[line.vat_category, line.vat_rate] += line.total_ex_vat
        amounts[line.vat_category, line.vat_rate] += line.vat_amount
    rows = snapshot["vat"]
    for column, part in (("total_ex_vat", "base"), ("total_vat", "amount")):
        total = sum([row[part] for row in rows])
        if total != getattr(invoice, column):
            yield "vat", f"{column} is {getattr(invoice, column)}, the VAT rows' {part} come to {total}."
    for row in rows:
        group = row["category"], row["rate"]
        if (row["base"], row["amount"]) != (bases[group], amounts[group]):
            yield (
                "vat",
                f"The VAT row of {group[0]} {decimal_text(group[1], 4)} % is not the sum of its lines.",
            )


def _tax_currency_faults(invoice: Any, snapshot: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The VAT in the tax currency is the VAT at the rate that the paper says, rounded half away from zero."""
    said = snapshot.get("vat_in_tax_currency")
    if said is None:
        return
    currency, rate, amount = said["currency"], said["exchange_rate"], said["amount"]
    if currency == invoice.currency:
        if (rate, amount) != (None, invoice.total_vat):
            yield "tax currency", f"total_vat is {invoice.total_vat}, in the tax currency itself {amount}."
    elif rate is None:
        if amount is not None and invoice.type == "INVOICE":  # a credit of several may have several rates
            yield "tax currency", f"The VAT is {amount} in {currency}, without a rate."
    else:
        digits = said["decimals"] - snapshot["currency_decimals"]
        exact = invoice.total_vat * Fraction(10) ** digits / Fraction(rate)
        expected = int(abs(exact) + Fraction(1, 2)) * (1 if exact >= 0 else -1)
        if amount != expected:
            yield "tax currency", f"The VAT is {amount} in {currency}; at {rate} it is {expected}."


def _supply_date_faults(snapshot: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """A day or a period of supply, not both; no period ends before it starts. Days are ISO 8601."""
    period = snapshot.get("service_period")
    if period is not None and snapshot.get("delivery_date") is not None:
        yield "supply", f"It has the delivery date {snapshot['delivery_date']} and a service period too."
    for each in (period, *(line.get("service_period") for line in snapshot["lines"])):
        if each is not None and each["end"] < each["start"]:
            yield "supply", f"A service period ends on {each['end']}, before its start, {each['start']}."
