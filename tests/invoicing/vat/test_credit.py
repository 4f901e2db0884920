"""Each credit has the VAT of its rate, and all credits of an invoice are together exactly the invoice."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invoicing.errors import CreditTooHigh, ValidationError
from invoicing.money import MAX_AMOUNT, portion
from invoicing.vat.arithmetic import WHOLE
from invoicing.vat.credit import Credit, credit
from invoicing.vat.sold import Group, Part, Sold, all_left, together
from tests.support.credits import credited, sold

property_test = settings(derandomize=True, deadline=None, max_examples=100)
HIGH, LOW = 210_000, 90_000
RATES = [0, HIGH, LOW, 55_000, 66_250, 99_750, 270_000, WHOLE // 2]


def nearest(exact: Fraction) -> int:
    size = int(abs(exact) + Fraction(1, 2))
    return size if exact > 0 else -size


def figures(made: Credit) -> tuple[int, int, int]:
    return made.gross, made.vat, made.net


def of_group(lines: list[Sold], group: Group) -> Sold:
    return together([line for line in lines if line.group == group])


def test_two_hundred_lines_have_the_vat_of_their_sum() -> None:
    invoice = sold([(995, HIGH)] * 200, including_vat=True)
    made = credit(invoice, [Part(place, 100) for place in range(200)], including_vat=True)
    assert figures(made) == (20_000, 3_471, 16_529)


def test_one_of_two_pieces_back_on_forty_lines() -> None:
    halves = [Part(place, 499) for place in range(40)]
    with_vat = sold([(998, HIGH)] * 40, including_vat=True)
    assert figures(credit(with_vat, halves, including_vat=True)) == (19_960, 3_464, 16_496)
    without = sold([(998, HIGH)] * 40, including_vat=False)
    assert figures(credit(without, halves, including_vat=False)) == (24_152, 4_192, 19_960)


def test_the_group_decides_and_not_the_line() -> None:
    invoice = sold([(199, HIGH)] * 3, including_vat=True)
    assert [line.net for line in invoice] == [165, 164, 164]
    nets = []
    for place in range(3):
        made = credit(invoice, [Part(place, 199)], including_vat=True)
        invoice = credited(invoice, made)
        nets.append(made.net)
    assert nets == [164, 165, 164]


def test_no_more_is_credited_than_the_invoice_came_to() -> None:
    invoice = sold([(10_000, HIGH), (-9_000, HIGH)], including_vat=True)
    with pytest.raises(CreditTooHigh, match=r"^1000 is left to credit of what bears 21 % VAT"):
        credit(invoice, [Part(0, 10_000)], including_vat=True)
    assert credit(invoice, [Part(0, 1_000)], including_vat=True).gross == 1_000
    assert credit(invoice, all_left(invoice), including_vat=True).gross == 1_000


def test_a_rebate_at_another_rate_keeps_the_invoice_from_being_credited_past_its_total() -> None:
    invoice = sold([(10_000, HIGH), (-9_000, LOW)], including_vat=True)
    with pytest.raises(CreditTooHigh, match=r"^1000 is left to credit of the invoice"):
        credit(invoice, [Part(0, 1_001)], including_vat=True)
    invoice = credited(invoice, credit(invoice, [Part(0, 1_000)], including_vat=True))
    rest = credit(invoice, all_left(invoice), including_vat=True)
    assert figures(rest) == (0, 819, -819)  # 1562 of 9000 at 21 %, 743 at 9 %: issued, for it reverses VAT


def test_a_rebate_alone_is_not_credited() -> None:
    invoice = sold([(10_000, HIGH), (-9_000, HIGH)], including_vat=True)
    with pytest.raises(ValidationError, match="would ask for 9000"):
        credit(invoice, [Part(1, -9_000)], including_vat=True)


@pytest.mark.parametrize(
    ("parts", "index"),
    [
        ([Part(0, 501)], 0),
        ([Part(0, -1)], 0),
        ([Part(1, 1)], 0),
        ([Part(0, 300), Part(0, 201)], 1),
        ([Part(0, 500), Part(1, -101)], 1),
    ],
)
def test_no_more_is_credited_than_is_left_of_a_line(parts: list[Part], index: int) -> None:
    invoice = sold([(700, HIGH), (-100, HIGH)], including_vat=True)
    invoice = credited(invoice, credit(invoice, [Part(0, 200)], including_vat=True))
    with pytest.raises(CreditTooHigh, match="of the line") as refusal:
        credit(invoice, parts, including_vat=True)
    assert refusal.value.field == f"lines.{index}.amount"


def test_an_invoice_that_came_out_negative_is_credited_in_its_own_direction() -> None:
    """None is issued any more, but some were."""
    invoice = sold([(10_000, HIGH), (-22_000, HIGH)], including_vat=True)
    with pytest.raises(ValidationError):
        credit(invoice, [Part(0, 10_000)], including_vat=True)
    assert credit(invoice, all_left(invoice), including_vat=True).gross == -12_000


def test_what_was_given_away_is_credited_for_nothing() -> None:
    invoice = sold([(0, HIGH), (100, HIGH)], including_vat=True)
    made = credit(invoice, [Part(0, 0)], including_vat=True)
    assert (figures(made), len(made.parts)) == ((0, 0, 0), 1)
    assert all_left(credited(invoice, credit(invoice, [Part(1, 100)], including_vat=True))) == []


def test_what_was_credited_by_the_line_is_caught_up() -> None:
    """VAT 3400 was given back on half of 200 lines, 71 too little."""
    old = [
        replace(line, credited_total=100, credited_net=83, credited_vat=17)
        for line in sold([(995, HIGH)] * 200, including_vat=True)
    ]
    made = credit(old, [Part(place, 100) for place in range(200)], including_vat=True)
    assert figures(made) == (20_000, 3_542, 16_458)
    assert made.caught_up == 71
    assert all(0 <= part.vat <= part.total for part in made.parts)


def test_what_is_caught_up_stays_within_the_credit() -> None:
    old = [
        replace(line, credited_total=100, credited_net=83, credited_vat=17)
        for line in sold([(995, HIGH)] * 200, including_vat=True)
    ]
    made = credit(old, [Part(0, 50)], including_vat=True)
    assert figures(made) == (50, 50, 0)
    rest = credit(credited(old, made), all_left(credited(old, made)), including_vat=True)
    assert made.vat + rest.vat == sum(line.left_vat for line in old)


amounts = st.integers(0, 12) | st.integers(0, 3_000) | st.integers(0, MAX_AMOUNT // 100)
rates = st.sampled_from(RATES)


@st.composite
def invoices(draw: st.DrawFn, *, rebates: bool = False) -> tuple[bool, list[Sold]]:
    line = st.tuples(amounts | amounts.map(int.__neg__) if rebates else amounts, rates)
    including_vat = draw(st.booleans())
    return including_vat, sold(draw(st.lists(line, min_size=1, max_size=8)), including_vat=including_vat)


def draw_parts(data: st.DataObject, lines: list[Sold]) -> list[Part]:
    places = data.draw(st.lists(st.integers(0, len(lines) - 1), min_size=1, unique=True))
    parts = []
    for place in places:
        left = lines[place].left
        some = st.integers(min(0, left), max(0, left))
        parts.append(Part(place, data.draw(st.just(left) | some)))
    return parts


def check_sums(lines: list[Sold], made: Credit, *, including_vat: bool) -> None:
    nets, vats = Counter[Group](), Counter[Group]()
    for part in made.parts:
        nets[lines[part.place].group] += part.net
        vats[lines[part.place].group] += part.vat
        assert part.total == part.net + (part.vat if including_vat else 0)
    assert {(row.category, row.rate): (row.base, row.amount) for row in made.rows} == {
        group: (nets[group], vats[group]) for group in nets
    }
    assert made.gross == made.net + made.vat == sum(part.net + part.vat for part in made.parts)


@property_test
@given(invoices(), st.data())
def test_a_credit_has_the_vat_of_its_rate(invoice: tuple[bool, list[Sold]], data: st.DataObject) -> None:
    including_vat, lines = invoice
    for _ in range(data.draw(st.integers(1, 4))):
        parts = draw_parts(data, lines)
        made = credit(lines, parts, including_vat=including_vat)
        assert [(part.place, part.total) for part in made.parts] == [
            (part.place, part.amount) for part in parts
        ]
        check_sums(lines, made, including_vat=including_vat)
        assert made.caught_up == 0
        after = credited(lines, made)
        for row in made.rows:
            group = of_group(after, (row.category, row.rate))
            rate = Fraction(row.rate, WHOLE)
            so_far = Fraction(group.credited_total) * rate / (1 + rate if including_vat else 1)
            assert group.credited_vat == nearest(so_far)
            assert abs(row.amount - nearest(row.base * rate)) <= 1  # BR-CO-17
            assert row.rate or not row.amount
        for part in made.parts:
            rate = Fraction(lines[part.place].group[1], WHOLE)
            net = Fraction(part.total) / (1 + rate if including_vat else 1)
            assert abs(part.net - net) < 1
            assert abs(part.vat - net * rate) < 1
            assert part.net >= 0
            assert part.vat >= 0
        lines = after


@property_test
@given(invoices(rebates=True), st.data())
def test_all_credits_are_together_the_invoice(invoice: tuple[bool, list[Sold]], data: st.DataObject) -> None:
    including_vat, lines = invoice
    gross = sum(line.net + line.vat for line in lines)
    direction = -1 if gross < 0 else 1
    taken = 0
    for _ in range(data.draw(st.integers(0, 4))):
        try:
            made = credit(lines, draw_parts(data, lines), including_vat=including_vat)
        except (CreditTooHigh, ValidationError):
            continue
        check_sums(lines, made, including_vat=including_vat)
        lines = credited(lines, made)
        taken += made.gross
        assert direction * made.gross >= 0
        assert 0 <= direction * taken <= direction * gross
        for group in {line.group for line in lines}:
            so_far = of_group(lines, group)
            way = -1 if so_far.total < 0 else 1
            assert way * so_far.credited_total <= way * so_far.total
    if left := all_left(lines):
        made = credit(lines, left, including_vat=including_vat)
        lines = credited(lines, made)
        taken += made.gross
    assert taken == gross
    for group in {line.group for line in lines}:
        rest = of_group(lines, group)
        assert (rest.left, rest.left_net, rest.left_vat) == (0, 0, 0)
    assert not any(line.left for line in lines)
    assert all_left(lines) == []


@property_test
@given(invoices(rebates=True))
def test_a_full_credit_is_the_invoice_line_by_line(invoice: tuple[bool, list[Sold]]) -> None:
    including_vat, lines = invoice
    made = credit(
        lines, [Part(place, line.total) for place, line in enumerate(lines)], including_vat=including_vat
    )
    assert [(part.total, part.net, part.vat) for part in made.parts] == [
        (line.total, line.net, line.vat) for line in lines
    ]


@property_test
@given(invoices(), st.data())
def test_more_than_is_left_is_refused(invoice: tuple[bool, list[Sold]], data: st.DataObject) -> None:
    including_vat, lines = invoice
    lines = credited(lines, credit(lines, draw_parts(data, lines), including_vat=including_vat))
    place = data.draw(st.integers(0, len(lines) - 1))
    beyond = lines[place].left + data.draw(st.integers(1, 1_000))
    with pytest.raises(CreditTooHigh, match=f"^{lines[place].left} is left to credit of the line"):
        credit(lines, [Part(place, beyond)], including_vat=including_vat)


@property_test
@given(invoices(), st.data())
def test_what_an_earlier_rule_credited_is_caught_up_and_ends_exactly(
    invoice: tuple[bool, list[Sold]], data: st.DataObject
) -> None:
    including_vat, lines = invoice
    before = []
    for line in lines:
        total = data.draw(st.integers(0, line.total))
        if including_vat:
            net = portion(line.net, total, line.total) if line.total else 0
            vat = total - net
        else:
            net, vat = total, portion(line.vat, total, line.total) if line.total else 0
        before.append(replace(line, credited_total=total, credited_net=net, credited_vat=vat))
    lines, made_good = before, 0
    for _ in range(data.draw(st.integers(0, 3))):
        made = credit(lines, draw_parts(data, lines), including_vat=including_vat)
        check_sums(lines, made, including_vat=including_vat)
        assert all(part.net >= 0 and 0 <= part.vat <= part.total for part in made.parts)
        lines = credited(lines, made)
        made_good += made.caught_up
    made = credit(lines, all_left(lines), including_vat=including_vat)
    made_good += made.caught_up
    lines = credited(lines, made)
    for group in {line.group for line in lines}:
        rest = of_group(lines, group)
        assert (rest.left, rest.left_net, rest.left_vat) == (0, 0, 0)
    regular = sum(
        portion(group.credited_total, group.group[1], WHOLE + group.group[1] if including_vat else WHOLE)
        - group.credited_vat
        for group in (of_group(before, key) for key in {line.group for line in lines})
    )
    assert made_good == regular
