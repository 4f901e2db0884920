"""What is asked to be paid is what was quoted, whatever the VAT of each paper comes to."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invoicing.vat.arithmetic import WHOLE, Unbalanced
from invoicing.vat.credit import credit
from invoicing.vat.rounding import Step, asked_for, credit_rounding, order_rounding, payable_rounding, quote
from invoicing.vat.sold import Part, Sold
from tests.support.credits import credited, sold

property_test = settings(derandomize=True, deadline=None, max_examples=100)
HIGH, LOW, ODD = 210_000, 90_000, 66_250


def quoted(nets: dict[int, int]) -> int:
    """Σ over the rates of net and VAT, half a cent away from zero."""
    return sum(net + int(Fraction(net * rate, WHOLE) + Fraction(1, 2)) for rate, net in nets.items())


def gross(nets: dict[int, int]) -> int:
    """What an invoice with these nets comes to: no different from one order's quote."""
    return quoted(nets)


def step(before: int, change: int, rate: int = HIGH) -> Step:
    return Step(before={rate: before}, change={rate: change})


def test_an_order_in_two_invoices_asks_what_was_quoted() -> None:
    assert quote({HIGH: 4900}) == 5929
    assert [order_rounding([step(0, 2450)], 2965), order_rounding([step(2450, 2450)], 2965)] == [0, -1]


@pytest.mark.parametrize(("net", "total", "rounding"), [(11, 40, -1), (13, 47, 1)])
def test_three_orders_on_one_invoice_ask_what_each_was_quoted(net: int, total: int, rounding: int) -> None:
    assert order_rounding([step(0, net)] * 3, total) == rounding
    assert total + rounding == 3 * quote({HIGH: net})


def test_more_than_rounding_can_explain_is_refused() -> None:
    assert order_rounding([step(0, 2450)], 2964) == 1
    for total in (2963, 2967):
        with pytest.raises(Unbalanced, match="at most 1"):
            order_rounding([step(0, 2450)], total)
    with pytest.raises(Unbalanced, match="at most 0"):
        order_rounding([Step(before={HIGH: 2450}, change={HIGH: 0})], 1)


def test_an_order_on_five_invoices_is_credited_with_all_their_roundings_at_once() -> None:
    """One for each invoice that is credited, not one in all."""
    invoices = [order_rounding([step(50 * made, 50)], 61) for made in range(5)]
    assert invoices == [0, -1, 0, -1, 0]
    steps = [step(50 * left, -50) for left in (5, 4, 3, 2, 1)]
    assert order_rounding(steps, -5 * 61) == 2 == -sum(invoices)


rates = st.sampled_from([0, HIGH, LOW, ODD, WHOLE])
nets = st.dictionaries(rates, st.integers(0, 60) | st.integers(0, 10**9), min_size=1)


@property_test
@given(st.lists(nets, min_size=1, max_size=8))
def test_the_invoices_of_an_order_ask_at_every_moment_what_was_quoted(parts: list[dict[int, int]]) -> None:
    before: dict[int, int] = defaultdict(int)
    asked = 0
    for part in parts:
        rounding = order_rounding([Step(before=dict(before), change=part)], gross(part))
        assert abs(rounding) <= len(part)
        asked += gross(part) + rounding
        for rate, net in part.items():
            before[rate] += net
        assert asked == quoted(before)


@property_test
@given(st.lists(st.tuples(nets, nets), min_size=1, max_size=6))
def test_orders_on_one_invoice_ask_what_each_was_quoted(
    orders: list[tuple[dict[int, int], dict[int, int]]],
) -> None:
    steps = [Step(before=before, change=change) for before, change in orders]
    together: dict[int, int] = defaultdict(int)
    for _, change in orders:
        for rate, net in change.items():
            together[rate] += net
    rounding = order_rounding(steps, gross(together))
    assert abs(rounding) <= sum(len(change) for _, change in orders)
    expected = 0
    for before, change in orders:
        after = {rate: before.get(rate, 0) + change.get(rate, 0) for rate in {*before, *change}}
        expected += quoted(after) - quoted(before)
    assert gross(together) + rounding == expected == sum(map(asked_for, steps))


class Order:
    """One order priced without VAT, on invoices and credit invoices in parts."""

    def __init__(self) -> None:
        self.nets: dict[int, int] = defaultdict(int)
        self.asked = 0
        self.invoices: list[list[Sold]] = []

    def invoice(self, lines: list[tuple[int, int]]) -> None:
        invoice = sold(lines, including_vat=False)
        self.invoices.append(invoice)
        self._issue([self._step([(line.group[1], line.net) for line in invoice])], total(invoice))

    def credit(self, taken: list[tuple[int, list[Part]]]) -> None:
        steps, amount, caught_up = [], 0, 0
        for place, parts in taken:
            invoice = self.invoices[place]
            made = credit(invoice, parts, including_vat=False)
            self.invoices[place] = credited(invoice, made)
            steps.append(self._step([(invoice[part.place].group[1], -part.net) for part in made.parts]))
            amount, caught_up = amount - made.gross, caught_up - made.caught_up
        self._issue(steps, amount, caught_up)

    def _step(self, changes: list[tuple[int, int]]) -> Step:
        before = dict(self.nets)
        change: dict[int, int] = defaultdict(int)
        for rate, net in changes:
            change[rate] += net
            self.nets[rate] += net
        return Step(before=before, change=change)

    def _issue(self, steps: list[Step], amount: int, caught_up: int = 0) -> None:
        self.asked += amount + order_rounding(steps, amount, caught_up)


def total(lines: list[Sold]) -> int:
    return sum(line.net + line.vat for line in lines)


@property_test
@given(st.data())
def test_an_order_and_its_credits_ask_at_every_moment_what_was_quoted(data: st.DataObject) -> None:
    order = Order()
    line = st.tuples(st.integers(0, 60) | st.integers(0, 10**6), rates)
    for _ in range(data.draw(st.integers(1, 4))):
        order.invoice(data.draw(st.lists(line, min_size=1, max_size=4)))
        assert order.asked == quoted(order.nets)
    for _ in range(data.draw(st.integers(1, 5))):
        taken = []
        for place, lines in enumerate(order.invoices):
            left = [Part(at, data.draw(st.integers(0, line.left))) for at, line in enumerate(lines)]
            taken.append((place, left))
        order.credit(data.draw(st.lists(st.sampled_from(taken), min_size=1, unique_by=lambda each: each[0])))
        assert order.asked == quoted(order.nets)


@pytest.mark.parametrize(
    ("total", "multiple", "asked"),
    [(1087, 5, 1085), (1088, 5, 1090), (1085, 5, 1085), (5, 10, 10), (7, 1, 7), (2, 5, 0)],
)
def test_cash_is_rounded_to_the_nearest_multiple(total: int, multiple: int, asked: int) -> None:
    assert total + payable_rounding(total, multiple) == asked


def test_the_credit_of_the_last_of_it_mirrors_the_rounding() -> None:
    assert credit_rounding(1087, -2, 0, 1087) == 2
    assert [credit_rounding(1087, -2, 0, 1000), credit_rounding(1087, -2, 1000, 87)] == [0, 2]
    assert [credit_rounding(1088, 2, 0, 1000), credit_rounding(1088, 2, 1000, 88)] == [0, -2]


def test_no_credit_gives_back_more_than_was_asked() -> None:
    """Of 2, rounded to nothing, a credit of 1 gives nothing back."""
    assert [credit_rounding(2, -2, 0, 1), credit_rounding(2, -2, 1, 1)] == [1, 1]
    assert [credit_rounding(1087, -2, 0, 1086), credit_rounding(1087, -2, 1086, 1)] == [1, 1]


@property_test
@given(st.integers(0, 500), st.sampled_from([1, 5, 10, 100]), st.lists(st.integers(0, 500), max_size=6))
def test_credits_give_back_what_was_asked(total: int, multiple: int, cuts: list[int]) -> None:
    rounding = payable_rounding(total, multiple)
    asked = total + rounding
    assert asked % multiple == 0
    assert 2 * abs(rounding) <= multiple
    given_back = before = 0
    for so_far in sorted({min(cut, total) for cut in cuts} | {total}):
        amount = so_far - before
        due = -amount + credit_rounding(total, rounding, before, amount)
        given_back, before = given_back - due, so_far
        assert 0 <= given_back <= asked
    assert given_back == asked
