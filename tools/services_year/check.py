"""Computes every invoice of the books again, from its rows and by fractions. Shares nothing with the product.

It checks, of each invoice and credit invoice: the lines, the VAT of each rate (of credits: of all that was
credited of an invoice so far), the totals, the rounding and the VAT in the tax currency; of each order: its
discounts, and that all its invoices ask what it was quoted.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from sqlalchemy import Connection, text

MILLION = 10**6
TAX_CURRENCY = "EUR"


def rounded(value: Fraction) -> int:
    """To the nearest whole number, half away from zero."""
    magnitude = int(abs(value) + Fraction(1, 2))
    return -magnitude if value < 0 else magnitude


@dataclass(slots=True)
class Checked:
    invoices: int = 0
    lines: int = 0
    orders: int = 0
    asked: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    differences: list[str] = field(default_factory=list)

    def equal(self, what: str, stored: object, computed: object) -> None:
        if stored != computed:
            self.differences.append(f"{what}: {stored} is stored, {computed} was computed")

    def near(self, what: str, stored: int, computed: int, most: int) -> None:
        if abs(stored - computed) > most:
            self.differences.append(
                f"{what}: {stored} is stored, {computed} was computed, {most} may be between"
            )

    def summary(self) -> str:
        sums = ", ".join(f"{currency} {amount / 100:,.2f}" for currency, amount in sorted(self.asked.items()))
        return (
            f"{self.invoices:,} invoices with {self.lines:,} lines and {self.orders:,} orders computed again "
            f"({sums}): {len(self.differences)} differences"
        )


def check(connection: Connection) -> Checked:
    checked = Checked()
    invoices = _rows(connection, "SELECT * FROM invoices ORDER BY created_at, sequence, type DESC")
    lines = _by(_rows(connection, "SELECT * FROM invoice_lines ORDER BY position"), "invoice_id")
    items = {item["id"]: item for item in _rows(connection, "SELECT * FROM order_items")}
    by_id = {invoice["id"]: invoice for invoice in invoices}
    credited: defaultdict[tuple[str, str, int], list[int]] = defaultdict(lambda: [0, 0])
    for invoice in invoices:
        _check_lines(checked, invoice, lines[invoice["id"]], items)
        _check_totals(checked, invoice, lines[invoice["id"]])
        if invoice["type"] == "INVOICE":
            _check_vat(checked, invoice, lines[invoice["id"]])
        else:
            _check_credit(checked, invoice, lines[invoice["id"]], by_id, lines, credited)
        checked.invoices += 1
        checked.asked[invoice["currency"]] += invoice["total"] + invoice["rounding"]
    _check_orders(checked, invoices, lines, items)
    return checked


def _check_lines(checked: Checked, invoice: Any, lines: list[Any], items: Mapping[str, Any]) -> None:
    for line in lines:
        checked.lines += 1
        where = f"line {line['id']} of {invoice['number']}"
        price = Fraction(line["unit_price"] * MILLION + line["unit_price_rest"], MILLION)
        subtotal = rounded(price * Fraction(line["quantity"], MILLION))
        item = items.get(line["order_item_id"] or "")
        is_part = invoice["type"] == "CREDIT" or (item is not None and item["part_of"] is not None)
        checked.near(f"subtotal of {where}", line["subtotal"], subtotal, 1 if is_part else 0)
        checked.equal(f"total of {where}", line["total"], line["subtotal"] - line["discount"])
        quoted = line["total_ex_vat"] + (line["vat_amount"] if invoice["is_including_vat"] else 0)
        checked.equal(f"net and VAT of {where}", line["total"], quoted)


def _check_totals(checked: Checked, invoice: Any, lines: list[Any]) -> None:
    number = invoice["number"]
    checked.equal(f"net of {number}", invoice["total_ex_vat"], sum(line["total_ex_vat"] for line in lines))
    checked.equal(f"VAT of {number}", invoice["total_vat"], sum(line["vat_amount"] for line in lines))
    checked.equal(f"total of {number}", invoice["total"], invoice["total_ex_vat"] + invoice["total_vat"])
    printed = json.loads(invoice["snapshot"])
    for row in printed["vat"]:
        checked.near(
            f"base × rate of {number}",
            row["amount"],
            rounded(Fraction(row["base"] * row["rate"], MILLION)),
            1 + 3 * len(printed.get("credits", ())),
        )
    tax = printed["vat_in_tax_currency"]
    checked.equal(f"tax currency of {number}", tax["currency"], TAX_CURRENCY)
    rate = Fraction(tax["exchange_rate"] or 1)  # all three currencies have two decimals
    checked.equal(f"VAT of {number} in the tax currency", tax["amount"], rounded(invoice["total_vat"] / rate))


def _check_vat(checked: Checked, invoice: Any, lines: list[Any]) -> None:
    for (category, rate), of_rate in _by_rate(lines).items():
        quoted = sum(line["total"] for line in of_rate)
        computed = _vat(quoted, rate, is_including_vat=invoice["is_including_vat"])
        stored = sum(line["vat_amount"] for line in of_rate)
        checked.equal(f"{category} {rate} of {invoice['number']}", stored, computed)


def _check_credit(
    checked: Checked,
    credit: Any,
    lines: list[Any],
    by_id: Mapping[str, Any],
    all_lines: Mapping[str, list[Any]],
    credited: dict[tuple[str, str, int], list[int]],
) -> None:
    """All that was credited of a rate so far has the VAT of its sum; all of it has the invoice's own."""
    touched = set()
    for line in lines:
        group = line["credited_invoice_id"], line["vat_category"], line["vat_rate"]
        credited[group][0] -= line["total"]
        credited[group][1] -= line["vat_amount"]
        touched.add(group)
    for group in touched:
        id, category, rate = group
        sold = _by_rate(all_lines[id])[category, rate]
        total, vat = credited[group]
        whole = sum(line["total"] for line in sold)
        if total == whole:
            computed = sum(line["vat_amount"] for line in sold)
        else:
            computed = _vat(total, rate, is_including_vat=by_id[id]["is_including_vat"])
        checked.equal(
            f"{category} {rate} credited of {by_id[id]['number']} by {credit['number']}", vat, computed
        )
        checked.equal(f"{by_id[id]['number']} not over-credited", abs(total) <= abs(whole), True)


def _check_orders(
    checked: Checked,
    invoices: Iterable[Any],
    lines: Mapping[str, list[Any]],
    items: Mapping[str, Any],
) -> None:
    """Orders that share invoices together: their invoices ask what was quoted for what is on them."""
    together = _Together()
    nets: defaultdict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    including: dict[str, bool] = {}
    for invoice in invoices:
        of_invoice = {line["order_id"] for line in lines[invoice["id"]]}
        together.join(of_invoice)
        for line in lines[invoice["id"]]:
            nets[line["order_id"]][line["vat_rate"]] += line["total"]
            including[line["order_id"]] = invoice["is_including_vat"]
    asked: defaultdict[str, int] = defaultdict(int)
    for invoice in invoices:
        asked[together.of(lines[invoice["id"]][0]["order_id"])] += invoice["total"] + invoice.get(
            "rounding", 0
        )
    quoted: defaultdict[str, int] = defaultdict(int)
    for order_id, by_rate in nets.items():
        checked.orders += 1
        for rate, amount in by_rate.items():
            vat = 0 if including[order_id] else _vat(amount, rate, is_including_vat=False)
            quoted[together.of(order_id)] += amount + vat
    for group, amount in quoted.items():
        checked.equal(f"what was asked for the orders with {group}", asked[group], amount)
    for order_id, of_order in _by(items.values(), "order_id").items():
        given = -sum(item["subtotal"] for item in of_order if item["type"] == "DISCOUNT")
        shares = sum(item["allocated_discount"] for item in of_order if item["contra_of"] is None)
        checked.equal(f"discounts of order {order_id}", shares, given)


class _Together:
    """Sets of orders that grow together."""

    def __init__(self) -> None:
        self._first: dict[str, str] = {}

    def of(self, id: str) -> str:
        first = self._first.setdefault(id, id)
        return first if first == id else self.of(first)

    def join(self, ids: Iterable[str]) -> None:
        firsts = {self.of(id) for id in ids}
        first = min(firsts)
        self._first.update(dict.fromkeys(firsts, first))


def _vat(quoted: int, rate: int, *, is_including_vat: bool) -> int:
    return rounded(Fraction(quoted * rate, MILLION + rate if is_including_vat else MILLION))


def _by_rate(lines: Iterable[Any]) -> dict[tuple[str, int], list[Any]]:
    groups: defaultdict[tuple[str, int], list[Any]] = defaultdict(list)
    for line in lines:
        groups[line["vat_category"], line["vat_rate"]].append(line)
    return groups


def _by(rows: Iterable[Any], key: str) -> Mapping[str, list[Any]]:
    groups: defaultdict[str, list[Any]] = defaultdict(list)
    for row in rows:
        groups[row[key]].append(row)
    return groups


def _rows(connection: Connection, select: str) -> list[Any]:
    return [dict(row) for row in connection.execute(text(select)).mappings()]
