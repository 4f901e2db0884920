"""The VAT breakdown of an invoice (BG-23), made of its lines."""

from __future__ import annotations

from collections.abc import Iterable

from invoicing.snapshot import Line, VatRow


def vat_breakdown(lines: Iterable[Line]) -> tuple[VatRow, ...]:
    """One row for each category and rate, by falling rate, then by category.

    `base` is the sum of the lines' nets (BT-116), `amount` the sum of their VAT (BT-117). The reason for an
    exemption (BT-120) is the first one that a line of the row gives.
    """
    groups: dict[tuple[str, int], list[Line]] = {}
    for line in lines:
        groups.setdefault((line.vat_category, line.vat_rate), []).append(line)
    rows = [
        VatRow(
            category=category,
            rate=rate,
            base=sum(line.total_ex_vat for line in group),
            amount=sum(line.vat_amount for line in group),
            exemption_reason=next((line.exemption_reason for line in group if line.exemption_reason), None),
        )
        for (category, rate), group in groups.items()
    ]
    return tuple(sorted(rows, key=lambda row: (-row.rate, row.category)))
