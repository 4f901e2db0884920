"""Invoices and their credits as plain values, for the tests of the arithmetic."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from invoicing.vat.arithmetic import Taxable, compute
from invoicing.vat.credit import Credit
from invoicing.vat.sold import Sold


def sold(lines: Iterable[tuple[int, int]], *, including_vat: bool) -> list[Sold]:
    """An invoice's lines, of which nothing has been credited: each a total as quoted and a rate."""
    taxable = [Taxable(subtotal=total, rate=rate, category="S" if rate else "Z") for total, rate in lines]
    totals = compute(taxable, including_vat=including_vat)
    return [
        Sold(group=(line.category, line.rate), total=taxed.total, net=taxed.net, vat=taxed.vat)
        for line, taxed in zip(taxable, totals.lines, strict=True)
    ]


def credited(lines: Sequence[Sold], made: Credit) -> list[Sold]:
    """The same lines after the credit."""
    found = list(lines)
    for part in made.parts:
        line = found[part.place]
        found[part.place] = replace(
            line,
            credited_total=line.credited_total + part.total,
            credited_net=line.credited_net + part.net,
            credited_vat=line.credited_vat + part.vat,
        )
    return found
