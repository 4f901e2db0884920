"""What came back is credited as far as something is left, and that is never refused."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from invoicing.errors import CreditTooHigh, ValidationError
from invoicing.vat.credit import Credit, credit
from invoicing.vat.credit_fitting import credit_what_fits
from invoicing.vat.sold import Part, Sold, all_left, together
from tests.support.credits import credited, sold

property_test = settings(derandomize=True, deadline=None, max_examples=150)
HIGH, LOW = 210_000, 90_000


def totals(made: Credit) -> list[int]:
    return [part.total for part in made.parts]


def test_the_line_has_no_more_left() -> None:
    lines = sold([(3_000, HIGH)], including_vat=True)
    lines = credited(lines, credit(lines, [Part(0, 1_500)], including_vat=True))
    made = credit_what_fits(lines, [Part(0, 1_000), Part(0, 1_000)], including_vat=True)
    assert totals(made) == [1_000, 500]


def test_the_invoice_has_no_more_left() -> None:
    lines = sold([(10_000, HIGH), (-9_000, LOW)], including_vat=True)
    assert totals(credit_what_fits(lines, [Part(0, 10_000)], including_vat=True)) == [1_000]
    together_again = credit_what_fits(lines, [Part(0, 10_000), Part(1, -9_000)], including_vat=True)
    assert totals(together_again) == [10_000, -9_000]


def test_a_rebate_alone_asks_for_nothing() -> None:
    lines = sold([(10_000, HIGH), (-3_000, HIGH)], including_vat=True)
    made = credit_what_fits(lines, [Part(1, -3_000)], including_vat=True)
    assert (totals(made), made.gross, made.vat) == ([0], 0, 0)


def test_without_vat_the_net_is_lowered_until_the_whole_fits() -> None:
    lines = sold([(10_000, HIGH), (-9_000, 0)], including_vat=False)
    made = credit_what_fits(lines, [Part(0, 10_000)], including_vat=False)
    assert made.gross == 12_100 - 9_000
    assert totals(made) == [2_562]


amounts = st.integers(0, 30) | st.integers(0, 5_000)
lines_of_any_sign = st.lists(
    st.tuples(amounts | amounts.map(int.__neg__), st.sampled_from([0, LOW, HIGH, 66_250])),
    min_size=1,
    max_size=6,
)


@property_test
@given(lines_of_any_sign, st.booleans(), st.data())
def test_whatever_is_left_it_is_credited_within_it(
    given_lines: list[tuple[int, int]], including_vat: bool, data: st.DataObject
) -> None:
    lines = sold(given_lines, including_vat=including_vat)
    whole = together(lines)
    way = -1 if whole.net + whole.vat < 0 else 1
    for _ in range(data.draw(st.integers(1, 4))):
        places = data.draw(st.lists(st.integers(0, len(lines) - 1), min_size=1, max_size=6))
        parts = [
            Part(place, data.draw(st.sampled_from([lines[place].total, lines[place].total // 2])))
            for place in places
        ]
        made = credit_what_fits(lines, parts, including_vat=including_vat)
        assert [part.place for part in made.parts] == places
        rest = together(lines)
        assert 0 <= way * made.gross <= way * (rest.left_net + rest.left_vat)
        for part, asked in zip(made.parts, parts, strict=True):
            assert 0 <= part.total * (-1 if asked.amount < 0 else 1) <= abs(asked.amount)
        check_same(lines, parts, made, including_vat=including_vat)
        lines = credited(lines, made)
    if left := all_left(lines):
        lines = credited(lines, credit(lines, left, including_vat=including_vat))
    assert not together(lines).left_net
    assert not together(lines).left_vat


def check_same(lines: list[Sold], parts: list[Part], made: Credit, *, including_vat: bool) -> None:
    """What would be credited anyway is credited the same way."""
    try:
        expected = credit(lines, parts, including_vat=including_vat)
    except (CreditTooHigh, ValidationError):
        return
    assert made == expected
