"""An amount with VAT is given back to the cent, also where the invoice is priced without."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from invoicing.errors import CreditTooHigh
from invoicing.vat.arithmetic import WHOLE
from invoicing.vat.credit import credit
from invoicing.vat.credit_with_vat import credit_with_vat
from invoicing.vat.rounding import Step, asked_for, order_rounding
from invoicing.vat.sold import Group, Part, Sold, all_left, together
from tests.support.credits import credited, sold

property_test = settings(derandomize=True, deadline=None, max_examples=100)
HIGH = 210_000
rates = st.sampled_from([0, HIGH, 90_000, 66_250, 55_000])
amounts = st.integers(0, 12) | st.integers(0, 3_000) | st.integers(0, 10**9)
invoices = st.lists(st.tuples(amounts, rates), min_size=1, max_size=6).map(
    lambda lines: sold(lines, including_vat=False)
)


def left_of(line: Sold) -> int:
    return line.left_net + line.left_vat


def nearest(exact: Fraction) -> int:
    return int(exact + Fraction(1, 2))


def test_1_99_has_no_net_and_is_given_back_all_the_same() -> None:
    made = credit_with_vat(sold([(1_000, HIGH)], including_vat=False), [Part(0, 199)])
    assert (made.gross, made.net, made.vat) == (199, 164, 35)


def test_the_same_amount_again_and_again_does_not_pile_up_vat() -> None:
    lines = sold([(100_000, HIGH)], including_vat=False)
    for _ in range(600):
        lines = credited(lines, credit_with_vat(lines, [Part(0, 199)]))
    assert (lines[0].credited_net, lines[0].credited_vat) == (98_678, 20_722)
    assert nearest(Fraction(98_678 * 21, 100)) == 20_722


def test_all_of_it_is_all_the_net_and_all_the_vat() -> None:
    lines = sold([(3, HIGH), (5, HIGH), (100, 0)], including_vat=False)
    made = credit_with_vat(lines, [Part(place, left_of(line)) for place, line in enumerate(lines)])
    assert [(part.net, part.vat) for part in made.parts] == [(line.net, line.vat) for line in lines]


def test_more_than_is_left_is_refused() -> None:
    lines = sold([(1_000, HIGH), (1, HIGH)], including_vat=False)
    with pytest.raises(CreditTooHigh, match=r"^1210 is left to credit of the line"):
        credit_with_vat(lines, [Part(0, 1_211)])
    with pytest.raises(CreditTooHigh, match="of the line") as refusal:
        credit_with_vat(lines, [Part(1, 1), Part(0, 1_200), Part(0, 11)])
    assert refusal.value.field == "lines.2.amount"


def test_a_cent_of_vat_that_is_left_alone_is_credited_with_nothing_of_its_line() -> None:
    lines = sold([(5, HIGH)], including_vat=False)
    lines = credited(lines, credit_with_vat(lines, [Part(0, 5)]))
    assert (lines[0].left_net, lines[0].left_vat) == (1, 0)
    lines = sold([(2, HIGH), (1, HIGH)], including_vat=False)
    for place in (0, 1):
        lines = credited(lines, credit(lines, [Part(place, lines[place].left)], including_vat=False))
    assert all_left(lines) == []
    left = [*lines[:1], Sold(group=lines[1].group, total=1, net=1, vat=2, credited_total=1, credited_net=1)]
    assert all_left(left) == [Part(0, 0)]
    assert credit(left, all_left(left), including_vat=False).gross == together(left).left_vat


@property_test
@given(invoices, st.data())
def test_the_buyer_gets_what_was_asked_for_and_in_the_end_what_was_paid(
    lines: list[Sold], data: st.DataObject
) -> None:
    whole = sum(left_of(line) for line in lines)
    back = 0
    for _ in range(data.draw(st.integers(1, 5))):
        places = data.draw(st.lists(st.integers(0, len(lines) - 1), min_size=1, unique=True))
        parts = []
        for place in places:
            left = left_of(lines[place])
            parts.append(Part(place, data.draw(st.integers(min(0, left), max(0, left)))))
        try:
            made = credit_with_vat(lines, parts)
        except CreditTooHigh:
            continue
        assert [part.net + part.vat for part in made.parts] == [part.amount for part in parts]
        lines, back = credited(lines, made), back + made.gross
        assert back <= whole
        for group in {line.group for line in lines}:
            rest = together([line for line in lines if line.group == group])
            assert min(rest.left_net, rest.left_vat) >= 0
        assert all(line.left_net >= 0 for line in lines)
    back += credit(lines, all_left(lines), including_vat=False).gross
    assert back == whole


@property_test
@given(st.integers(1, 10**7), rates, st.lists(st.integers(1, 10**6), min_size=1, max_size=6))
def test_of_one_line_each_credit_has_the_vat_of_its_rate(net: int, rate: int, asked: list[int]) -> None:
    lines = sold([(net, rate)], including_vat=False)
    for gross in asked:
        if gross >= left_of(lines[0]):
            break
        made = credit_with_vat(lines, [Part(0, gross)])
        assert abs(made.vat - nearest(Fraction(made.net * rate, WHOLE))) <= 1
        lines = credited(lines, made)
        whole = lines[0].credited_net + lines[0].credited_vat
        assert lines[0].credited_net == min(nearest(Fraction(whole * WHOLE, WHOLE + rate)), net)


@property_test
@given(invoices, st.lists(st.tuples(amounts, rates), max_size=3), st.data())
def test_where_an_order_was_quoted_the_buyer_still_gets_what_was_asked_for(
    lines: list[Sold], elsewhere: list[tuple[int, int]], data: st.DataObject
) -> None:
    """The order has these lines and others on other invoices; what is due is total and rounding."""
    nets = Counter[int]()
    for line in lines:
        nets[line.group[1]] += line.net
    for net, rate in elsewhere:
        nets[rate] += net

    def given_back(group: Group, taken: Mapping[int, int]) -> int:
        change = {group[1]: -sum(taken.values())}
        return -asked_for(Step(before={group[1]: nets[group[1]]}, change=change))

    place = data.draw(st.integers(0, len(lines) - 1))
    assume(left_of(lines[place]) > 2)
    for _ in range(data.draw(st.integers(1, 3))):
        gross = data.draw(st.integers(0, max(0, left_of(lines[place]) - 2)))
        try:
            made = credit_with_vat(lines, [Part(place, gross)], given_back=given_back)
        except CreditTooHigh:
            continue
        rate = lines[place].group[1]
        step = Step(before=dict(nets), change={rate: -made.net})
        assert -made.gross + order_rounding([step], -made.gross, -made.caught_up) == -gross
        nets[rate] -= made.net
        lines = credited(lines, made)
