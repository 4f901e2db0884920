"""The customer pays what was quoted, and every sum on the invoice agrees (EN 16931)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invoicing.money import MAX_AMOUNT, divide
from invoicing.vat.arithmetic import (
    WHOLE,
    Row,
    Taxable,
    Taxed,
    Totals,
    Unbalanced,
    check,
    compute,
)
from invoicing.vat.categories import Category

proven = settings(derandomize=True, deadline=None, max_examples=200)

RATES = [
    ("S", rate) for rate in (210_000, 90_000, 190_000, 55_000, 255_000, 66_250, 88_750, 99_750, 1, WHOLE)
]
UNTAXED = [("Z", 0), ("E", 0), ("AE", 0), ("K", 0), ("G", 0), ("O", 0)]
HUGE = MAX_AMOUNT // 240  # sixty lines, discounted as much again, at twice the price with VAT


def line(subtotal: int, rate: int = 210_000, category: str = "S", discount: int = 0) -> Taxable:
    return Taxable(subtotal=subtotal, discount=discount, rate=rate, category=category)


@st.composite
def baskets(draw: st.DrawFn, discounts: bool = True) -> list[Taxable]:
    """1 to 60 lines, sales and credits mixed, small enough to tie or huge, of a few categories and rates."""
    limit = draw(st.sampled_from([10, 1_000, 100_000, HUGE]))
    groups = draw(st.lists(st.sampled_from(RATES + UNTAXED), min_size=1, max_size=4, unique=True))
    amount = st.integers(-limit, limit)
    discount = st.just(0) | amount if discounts else st.just(0)
    some = st.builds(
        lambda sub, off, group: line(sub, group[1], group[0], off), amount, discount, st.sampled_from(groups)
    )
    return draw(st.lists(some, min_size=1, max_size=60))


def negated(lines: Sequence[Taxable]) -> list[Taxable]:
    return [line._replace(subtotal=-line.subtotal, discount=-line.discount) for line in lines]


def mirror(taxed: Taxed) -> Taxed:
    return Taxed(
        subtotal=-taxed.subtotal,
        discount=-taxed.discount,
        total=-taxed.total,
        net=-taxed.net,
        vat=-taxed.vat,
        gross=-taxed.gross,
    )


def in_groups(lines: Sequence[Taxable], totals: Totals) -> dict[Row, list[tuple[Taxable, Taxed]]]:
    rows = {(row.category, row.rate): row for row in totals.rows}
    groups = defaultdict(list)
    for before, after in zip(lines, totals.lines, strict=True):
        groups[rows[before.category, before.rate]].append((before, after))
    assert len(groups) == len(totals.rows)
    return groups


def test_three_pieces_at_24_99_cost_74_97() -> None:
    totals = compute([line(3 * 2499)], including_vat=True)
    assert (totals.total, totals.total_ex_vat, totals.total_vat) == (7497, 6196, 1301)
    assert totals.rows == (Row(category="S", rate=210_000, base=6196, amount=1301),)
    assert totals.lines == (Taxed(subtotal=7497, discount=0, total=7497, net=6196, vat=1301, gross=7497),)


def test_1_99_has_no_exact_split_and_is_off_by_the_one_unavoidable_cent() -> None:
    assert not [net for net in range(200) if net + divide(net * 210_000, WHOLE) == 199]
    totals = compute([line(199)], including_vat=True)
    assert (totals.total, totals.total_ex_vat, totals.total_vat) == (199, 164, 35)
    assert divide(164 * 210_000, WHOLE) == 34


def test_prices_without_vat_get_it_on_top() -> None:
    totals = compute([line(1000), line(333, discount=33), line(999, rate=90_000)], including_vat=False)
    assert (totals.subtotal, totals.total_ex_vat, totals.total_vat, totals.total) == (2332, 2299, 363, 2662)
    assert [row.amount for row in totals.rows] == [273, 90]
    assert [(each.net, each.vat, each.gross) for each in totals.lines] == [
        (1000, 210, 1210),
        (300, 63, 363),
        (999, 90, 1089),
    ]


def test_a_discount_lowers_the_total_and_not_the_subtotal() -> None:
    totals = compute([line(10_000, discount=1_000)], including_vat=True)
    assert (totals.subtotal, totals.total, totals.total_ex_vat, totals.total_vat) == (
        10_000,
        9_000,
        7_438,
        1_562,
    )


def test_rows_fall_by_rate_and_then_go_by_category() -> None:
    lines = [line(100, 0, "Z"), line(100, 90_000), line(100, 0, "AE"), line(100, 210_000), line(100, 90_000)]
    rows = compute(lines, including_vat=True).rows
    assert [(row.rate, row.category) for row in rows] == [(210_000, "S"), (90_000, "S"), (0, "AE"), (0, "Z")]


def test_a_category_is_its_code() -> None:
    by_member = compute([line(100, 210_000, Category.S), line(100, 210_000, "S")], including_vat=True)
    assert by_member == compute([line(100), line(100)], including_vat=True)
    assert [each.value for each in Category] == ["S", "Z", "E", "AE", "K", "G", "O"]


def test_only_the_standard_category_has_a_rate() -> None:
    assert [each for each in Category if not each.is_zero_rated] == [Category.S]


def test_no_lines_come_to_nothing() -> None:
    nothing = Totals(lines=(), rows=(), subtotal=0, total_ex_vat=0, total_vat=0, total=0)
    assert compute([], including_vat=True) == compute([], including_vat=False) == nothing


@pytest.mark.parametrize("rate", [-1, 1_000_001])
def test_a_rate_beyond_all_or_nothing_is_refused(rate: int) -> None:
    with pytest.raises(ValueError, match=f"not {rate}"):
        compute([line(100, rate)], including_vat=True)


@proven
@given(baskets())
def test_the_customer_pays_what_was_quoted(lines: list[Taxable]) -> None:
    quoted = sum(each.subtotal - each.discount for each in lines)
    assert compute(lines, including_vat=True).total == quoted
    assert compute(lines, including_vat=False).total_ex_vat == quoted


@proven
@given(baskets(), st.booleans())
def test_lines_rows_and_totals_agree(lines: list[Taxable], including_vat: bool) -> None:
    totals = compute(lines, including_vat=including_vat)
    assert (
        totals.total_ex_vat == sum(each.net for each in totals.lines) == sum(row.base for row in totals.rows)
    )
    assert (
        totals.total_vat == sum(each.vat for each in totals.lines) == sum(row.amount for row in totals.rows)
    )
    assert totals.total == totals.total_ex_vat + totals.total_vat == sum(each.gross for each in totals.lines)
    assert totals.subtotal == sum(each.subtotal for each in lines)
    for row, group in in_groups(lines, totals).items():
        assert row.base == sum(after.net for _, after in group)
        assert row.amount == sum(after.vat for _, after in group)


@proven
@given(baskets(), st.booleans())
def test_the_vat_of_a_row_is_its_rate_of_its_base(lines: list[Taxable], including_vat: bool) -> None:
    for row in compute(lines, including_vat=including_vat).rows:
        assert abs(row.amount - divide(row.base * row.rate, WHOLE)) <= (1 if including_vat else 0)


@proven
@given(baskets(), st.booleans())
def test_rounding_a_row_costs_half_a_cent_at_most(lines: list[Taxable], including_vat: bool) -> None:
    totals = compute(lines, including_vat=including_vat)
    for row, group in in_groups(lines, totals).items():
        rate = Fraction(row.rate, WHOLE)
        total = sum(before.subtotal - before.discount for before, _ in group)
        vat: Fraction = total * (rate / (1 + rate) if including_vat else rate)
        assert abs(row.amount - vat) <= Fraction(1, 2)
        assert abs(row.amount) >= abs(vat) or abs(row.amount - vat) < Fraction(
            1, 2
        )  # half goes away from zero


@proven
@given(baskets(), st.booleans())
def test_each_line_keeps_what_it_was_quoted_at(lines: list[Taxable], including_vat: bool) -> None:
    for before, after in zip(lines, compute(lines, including_vat=including_vat).lines, strict=True):
        assert (after.subtotal, after.discount) == (before.subtotal, before.discount)
        assert after.total == before.subtotal - before.discount
        assert after.total == (after.gross if including_vat else after.net)
        assert after.gross == after.net + after.vat


@proven
@given(baskets(), st.booleans())
def test_each_line_is_within_a_cent_of_exact(lines: list[Taxable], including_vat: bool) -> None:
    for before, after in zip(lines, compute(lines, including_vat=including_vat).lines, strict=True):
        rate = Fraction(before.rate, WHOLE)
        net = (before.subtotal - before.discount) / (1 + rate if including_vat else Fraction(1))
        assert abs(after.net - net) < 1
        assert abs(after.vat - net * rate) < 1
        assert before.rate or not after.vat


@proven
@given(baskets(discounts=False), st.booleans())
def test_the_missing_cents_go_to_the_lines_that_lost_most(lines: list[Taxable], including_vat: bool) -> None:
    totals = compute(lines, including_vat=including_vat)
    for row, group in in_groups(lines, totals).items():
        rate = Fraction(row.rate, WHOLE)
        exact = [
            before.subtotal / (1 + rate) if including_vat else before.subtotal * rate for before, _ in group
        ]
        given_to = [after.net if including_vat else after.vat for _, after in group]
        by_loss = sorted(range(len(group)), key=lambda i: (floor(exact[i]) - exact[i], i))
        cents = [given_to[i] - floor(exact[i]) for i in by_loss]
        assert cents == sorted(cents, reverse=True)
        assert set(cents) <= {0, 1}


@proven
@given(baskets(), st.booleans())
def test_a_credit_mirrors_its_invoice(lines: list[Taxable], including_vat: bool) -> None:
    invoice = compute(lines, including_vat=including_vat)
    credit = compute(negated(lines), including_vat=including_vat)
    assert credit.rows == tuple(replace(row, base=-row.base, amount=-row.amount) for row in invoice.rows)
    assert (credit.subtotal, credit.total_ex_vat) == (-invoice.subtotal, -invoice.total_ex_vat)
    assert (credit.total_vat, credit.total) == (-invoice.total_vat, -invoice.total)


@proven
@given(baskets(), st.booleans())
def test_a_credit_from_the_last_line_to_the_first_mirrors_every_line(
    lines: list[Taxable], including_vat: bool
) -> None:
    invoice = compute(lines, including_vat=including_vat)
    credit = compute(negated(lines)[::-1], including_vat=including_vat)
    assert credit.lines[::-1] == tuple(map(mirror, invoice.lines))


def test_of_lines_that_tie_the_first_gets_the_cent_in_a_credit_too() -> None:
    lines = [line(100), line(100), line(100)]
    assert [each.net for each in compute(lines, including_vat=True).lines] == [83, 83, 82]
    assert [each.net for each in compute(negated(lines), including_vat=True).lines] == [-82, -83, -83]


def test_a_line_given_away_bears_no_vat() -> None:
    totals = compute([line(2550, discount=2550), line(85), line(171)], including_vat=True)
    assert totals.lines[0] == Taxed(subtotal=2550, discount=2550, total=0, net=0, vat=0, gross=0)
    assert (totals.total, totals.total_ex_vat, totals.total_vat) == (256, 212, 44)


@pytest.mark.parametrize("including_vat", [True, False])
def test_the_largest_amount_is_exact(including_vat: bool) -> None:
    totals = compute([line(MAX_AMOUNT - 1), line(1)], including_vat=including_vat)
    base = divide(MAX_AMOUNT * WHOLE, 1_210_000) if including_vat else MAX_AMOUNT
    assert totals.total_ex_vat == base
    assert totals.total_vat == (MAX_AMOUNT - base if including_vat else divide(MAX_AMOUNT * 21, 100))


SOUND = compute([line(7497), line(100, 0, "Z")], including_vat=True)


@pytest.mark.parametrize(
    ("unsound", "rule"),
    [
        (replace(SOUND, total=SOUND.total - 1), "quoted"),
        (replace(SOUND, total_vat=SOUND.total_vat + 1), "BR-CO-15"),
        (replace(SOUND, total_ex_vat=SOUND.total_ex_vat + 1, total_vat=SOUND.total_vat - 1), "BR-CO-13"),
        (replace(SOUND, lines=(SOUND.lines[0], SOUND.lines[1]._replace(vat=1))), "BR-CO-14"),
        (replace(SOUND, rows=SOUND.rows[:1]), "missing"),
        (replace(SOUND, rows=SOUND.rows * 2), "BR-S-08"),
        (replace(SOUND, rows=(replace(SOUND.rows[0], base=6195), SOUND.rows[1])), "BR-S-08"),
        (replace(SOUND, rows=(replace(SOUND.rows[0], amount=1302), SOUND.rows[1])), "the VAT of a row"),
    ],
)
def test_an_invoice_that_does_not_add_up_is_refused(unsound: Totals, rule: str) -> None:
    lines = [line(7497), line(100, 0, "Z")]
    check(lines, SOUND, including_vat=True)
    with pytest.raises(Unbalanced, match=rule):
        check(lines, unsound, including_vat=True)


def test_vat_that_is_not_its_rate_of_the_base_is_refused() -> None:
    lines = [line(1000)]
    wrong = Taxed(subtotal=1000, discount=0, total=1000, net=825, vat=175, gross=1000)
    row = Row(category="S", rate=210_000, base=825, amount=175)
    totals = Totals(lines=(wrong,), rows=(row,), subtotal=1000, total_ex_vat=825, total_vat=175, total=1000)
    with pytest.raises(Unbalanced, match="BR-CO-17"):
        check(lines, totals, including_vat=True)


def test_prices_without_vat_allow_no_cent_of_difference() -> None:
    lines = [line(164)]
    wrong = Taxed(subtotal=164, discount=0, total=164, net=164, vat=35, gross=199)
    row = Row(category="S", rate=210_000, base=164, amount=35)
    totals = Totals(lines=(wrong,), rows=(row,), subtotal=164, total_ex_vat=164, total_vat=35, total=199)
    with pytest.raises(Unbalanced, match="BR-CO-17"):
        check(lines, totals, including_vat=False)


def test_nothing_is_returned_that_does_not_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "invoicing.vat.arithmetic.shares", lambda _total, amounts, *_: amounts
    )  # were the rule broken
    with pytest.raises(Unbalanced, match="does not add up"):
        compute([line(7497)], including_vat=True)
