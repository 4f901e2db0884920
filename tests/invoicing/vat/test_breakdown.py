"""The VAT breakdown is what the lines come to, whoever made them."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from invoicing.snapshot import Line, VatRow
from invoicing.vat.arithmetic import Taxable, compute
from invoicing.vat.breakdown import vat_breakdown

GROUPS = st.sampled_from([("S", 2100), ("S", 900), ("Z", 0), ("E", 0), ("AE", 0)])
LINES = st.lists(st.tuples(st.integers(-10_000, 10_000), GROUPS), min_size=1, max_size=20)


def line(total: int, net: int, category: str, rate: int, reason: str | None = None) -> Line:
    return Line(
        id="1",
        name="Mug",
        quantity=1,
        unit_price=total,
        subtotal=total,
        total=total,
        total_ex_vat=net,
        vat_amount=total - net,
        vat_category=category,
        vat_rate=rate,
        exemption_reason=reason,
    )


@settings(derandomize=True, deadline=None)
@given(LINES)
def test_the_rows_are_those_of_the_totals(lines: list[tuple[int, tuple[str, int]]]) -> None:
    taxable = [Taxable(subtotal=amount, category=category, rate=rate) for amount, (category, rate) in lines]
    totals = compute(taxable, including_vat=True)
    rows = vat_breakdown(
        line(taxed.gross, taxed.net, each.category, each.rate)
        for each, taxed in zip(taxable, totals.lines, strict=True)
    )
    assert [(row.category, row.rate, row.base, row.amount) for row in rows] == [
        (row.category, row.rate, row.base, row.amount) for row in totals.rows
    ]


def test_a_row_gives_the_first_reason_of_its_lines() -> None:
    rows = vat_breakdown(
        [line(100, 100, "E", 0), line(100, 100, "E", 0, "Education"), line(100, 100, "E", 0, "Health")]
    )
    assert rows == (VatRow(category="E", rate=0, base=300, amount=0, exemption_reason="Education"),)
