"""Money is whole minor units, rounded half away from zero; conversion to and from major units is exact."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, localcontext
from itertools import accumulate, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invoicing.currencies import minor_digits
from invoicing.money import (
    MAX_AMOUNT,
    between,
    divide,
    from_major,
    portion,
    shares,
    shares_within,
    to_major,
)

property_test = settings(derandomize=True, deadline=None, max_examples=300)
amounts = st.integers(-MAX_AMOUNT, MAX_AMOUNT)
currencies = st.sampled_from(["JPY", "EUR", "KWD", "RSD", "ITL"])


@pytest.mark.parametrize(
    ("numerator", "denominator", "quotient"),
    [(1, 2, 1), (-1, 2, -1), (3, 2, 2), (5, 2, 3), (1, 3, 0), (2, 3, 1), (-2, 3, -1), (0, 7, 0), (6, 3, 2)],
)
def test_half_a_cent_is_rounded_away_from_zero(numerator: int, denominator: int, quotient: int) -> None:
    assert divide(numerator, denominator) == quotient


@property_test
@given(amounts, st.integers(1, 20_000))
def test_rounding_is_half_away_from_zero_and_symmetric(numerator: int, denominator: int) -> None:
    with localcontext(prec=60, rounding=ROUND_HALF_UP):  # decimal's name for half away from zero
        expected = (Decimal(numerator) / denominator).to_integral_value()
    assert divide(numerator, denominator) == expected
    assert divide(-numerator, denominator) == divide(numerator, -denominator) == -expected
    assert divide(-numerator, -denominator) == expected


def test_nothing_is_divided_by_zero() -> None:
    with pytest.raises(ZeroDivisionError):
        divide(1, 0)


def test_a_third_of_a_discount_is_rounded() -> None:
    assert [portion(1000, done, 3) for done in range(4)] == [0, 333, 667, 1000]


@property_test
@given(amounts, st.lists(st.integers(1, 50), min_size=1, max_size=12))
def test_a_discount_shared_over_a_split_quantity_adds_up(discount: int, quantities: list[int]) -> None:
    whole = sum(quantities)
    portions = [portion(discount, done, whole) for done in accumulate(quantities, initial=0)]
    pieces = [after - before for before, after in pairwise(portions)]
    assert sum(pieces) == discount
    for piece, quantity in zip(pieces, quantities, strict=True):
        assert abs(piece * whole - discount * quantity) <= whole  # each within a cent of its exact share


@pytest.mark.parametrize(
    ("value", "one", "other", "found"),
    [(5, 0, 3, 3), (-5, 0, 3, 0), (2, 3, 0, 2), (-2, 0, -3, -2), (1, 0, -3, 0)],
)
def test_a_value_is_kept_between_two_limits(value: int, one: int, other: int, found: int) -> None:
    assert between(value, one, other) == found


signed = st.lists(st.integers(-20, 20) | st.integers(-(10**9), 10**9), min_size=1, max_size=12)


@property_test
@given(signed, st.integers(0, 20), st.integers(1, 20))
def test_shares_within_their_amounts_are_the_shares_by_largest_remainder(
    amounts: list[int], part: int, whole: int
) -> None:
    part = min(part, whole)
    total = divide(sum(amounts) * part, whole)
    assert shares_within(total, amounts, part, whole, amounts) == shares(total, amounts, part, whole)


@property_test
@given(signed, st.integers(0, 20), st.integers(1, 20), st.data())
def test_a_total_far_from_the_shares_is_shared_out_within_the_limits(
    amounts: list[int], part: int, whole: int, data: st.DataObject
) -> None:
    least, most = (sum(limit(amount, 0) for amount in amounts) for limit in (min, max))
    exact = sum(between(amount * part // whole, 0, amount) for amount in amounts)
    total = between(exact + data.draw(st.integers(-30, 30)), least, most)
    found = shares_within(total, amounts, part, whole, amounts)
    assert sum(found) == total
    for share, amount in zip(found, amounts, strict=True):
        assert share == between(share, 0, amount)


def test_limits_that_are_too_narrow_are_refused() -> None:
    with pytest.raises(ValueError, match="4 cannot be shared out within"):
        shares_within(4, [1, 2], 1, 1, [1, 2])


@pytest.mark.parametrize(
    ("amount", "currency", "major"),
    [
        (2499, "EUR", "24.99"),
        (2400, "EUR", "24.00"),
        (-5, "EUR", "-0.05"),
        (0, "EUR", "0.00"),
        (1200, "JPY", "1200"),
        (1, "KWD", "0.001"),
        (120_000, "RSD", "1200.00"),
        (1, "IQD", "0.001"),
        (MAX_AMOUNT, "EUR", "90071992547409.91"),
    ],
)
def test_an_amount_reads_as_people_write_it(amount: int, currency: str, major: str) -> None:
    assert str(to_major(amount, currency)) == major
    assert from_major(major, currency) == amount


@property_test
@given(amounts, currencies)
def test_amounts_survive_the_way_out_and_back(amount: int, currency: str) -> None:
    major = to_major(amount, currency)
    assert major * 10 ** minor_digits(currency) == amount
    assert from_major(major, currency) == from_major(str(major), currency) == amount


def test_amounts_are_exact_whatever_the_callers_precision() -> None:
    with localcontext(prec=3):
        assert str(to_major(123456789, "EUR")) == "1234567.89"
        assert from_major("1234567.89", "EUR") == 123456789


@pytest.mark.parametrize(
    ("value", "currency", "amount"),
    [
        ("24.9900", "EUR", 2499),
        ("25", "EUR", 2500),
        ("1200.0", "JPY", 1200),
        ("1E+3", "JPY", 1000),
        ("-0", "EUR", 0),
    ],
)
def test_zeros_at_the_end_are_no_decimals(value: str, currency: str, amount: int) -> None:
    assert from_major(value, currency) == from_major(Decimal(value), currency) == amount


@pytest.mark.parametrize(
    ("value", "currency", "digits"),
    [("24.999", "EUR", 2), ("1.5", "JPY", 0), ("0.0005", "KWD", 3), ("1e-999999", "EUR", 2)],
)
def test_too_many_decimals_are_refused_and_named(value: str, currency: str, digits: int) -> None:
    with pytest.raises(ValueError, match=f"^{value} has more decimals than the {digits} of {currency}"):
        from_major(value, currency)


@pytest.mark.parametrize("value", ["", "abc", "1,50", "NaN", "sNaN", "Infinity", "-Infinity", "1e999999"])
def test_what_is_not_an_amount_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="is not an amount of EUR"):
        from_major(value, "EUR")


@pytest.mark.parametrize("value", ["90071992547409.92", "-90071992547409.92", "1e30"])
def test_an_amount_that_json_would_not_hold_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="too large"):
        from_major(value, "EUR")


def test_an_unknown_currency_has_no_amounts() -> None:
    with pytest.raises(ValueError, match="'EURO' is not an ISO 4217 currency"):
        to_major(1, "EURO")
    with pytest.raises(ValueError, match="'EURO' is not an ISO 4217 currency"):
        from_major("1", "EURO")
