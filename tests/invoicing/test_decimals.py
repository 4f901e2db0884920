"""Decimals are read by their digits, kept as whole numbers, and written as they were read."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from invoicing.decimals import (
    MAX_DECIMAL,
    MILLION,
    decimal_text,
    json_number,
    price_columns,
    price_of,
    read_percentage,
    read_quantity,
    read_unit_price,
    subtotal_of,
    written,
)
from invoicing.money import MAX_AMOUNT

property_test = settings(derandomize=True, deadline=None, max_examples=100)
quantities = st.integers(-MAX_DECIMAL * MILLION + 1, MAX_DECIMAL * MILLION - 1)
prices = quantities | st.integers(-MAX_AMOUNT, MAX_AMOUNT).map(MILLION.__mul__)


def nearest(exact: Fraction) -> int:
    """The nearest whole number, half away from zero."""
    size = int(abs(exact) + Fraction(1, 2))
    return size if exact > 0 else -size


@pytest.mark.parametrize(
    ("value", "millionths"),
    [
        (3, 3_000_000),
        (1.5, 1_500_000),
        (0.1, 100_000),
        (1e-6, 1),
        ("1.50", 1_500_000),
        ("-0.25", -250_000),
        ("1E+2", 100_000_000),
        ("0.1750000000", 175_000),
        (Decimal("0.175"), 175_000),
        (999_999_999.999_999, 999_999_999_999_999),
    ],
)
def test_a_number_is_read_by_its_digits(value: object, millionths: int) -> None:
    assert read_quantity(value) == read_unit_price(value) == millionths


@property_test
@given(quantities)
@example(-1)
@example(MAX_DECIMAL * MILLION - 1)
def test_every_quantity_survives_the_way_through_json(quantity: int) -> None:
    written = orjson.dumps(json_number(quantity))
    assert Fraction(written.decode()) == Fraction(quantity, MILLION)
    assert read_quantity(orjson.loads(written)) == quantity
    assert read_quantity(decimal_text(quantity)) == quantity
    assert isinstance(orjson.loads(written), int) == (quantity % MILLION == 0)


@property_test
@given(prices)
@example(MAX_AMOUNT * MILLION)
def test_every_unit_price_survives_the_way_through_json(price: int) -> None:
    written = orjson.dumps(json_number(price))
    assert read_unit_price(orjson.loads(written)) == price
    assert read_unit_price(decimal_text(price)) == price


@property_test
@given(st.integers(0, MILLION))
def test_every_percentage_survives_the_way_through_json(rate: int) -> None:
    written = orjson.dumps(json_number(rate, 4))
    assert Fraction(written.decode()) == Fraction(rate, 10_000)
    assert read_percentage(orjson.loads(written)) == rate


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (3_000_000, "3"),
        (1_500_000, "1.5"),
        (1, "0.000001"),
        (-500_000, "-0.5"),
        (0, "0"),
        (100_000_000, "100"),
    ],
)
def test_a_number_is_written_without_zeros_at_its_end(number: int, text: str) -> None:
    assert decimal_text(number) == text


@pytest.mark.parametrize(
    ("percent", "rate"), [(21, 210_000), (6.625, 66_250), (9.975, 99_750), ("8.8750", 88_750)]
)
def test_a_percentage_has_four_decimals(percent: object, rate: int) -> None:
    assert read_percentage(percent) == rate
    assert decimal_text(rate, 4) == str(percent).rstrip("0")


@pytest.mark.parametrize("value", [0.1234567, "0.0000001", "1e-999", Decimal("1.0000001")])
def test_a_seventh_decimal_is_refused(value: object) -> None:
    for read in (read_quantity, read_unit_price):
        with pytest.raises(ValueError, match=r"at most 6 decimals \(it is"):
            read(value)


def test_a_fifth_decimal_of_a_percentage_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 4 decimals"):
        read_percentage(6.62501)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "1,5",
        " 1",
        "1_0",
        "٣",
        "0x1",
        "NaN",
        ".5",
        "5.",
        float("nan"),
        Decimal("sNaN"),
        True,
        None,
        [1],
        b"1",
        "9" * 61,
    ],
)
def test_what_is_no_number_is_refused(value: object) -> None:
    for read in (read_quantity, read_unit_price, read_percentage):
        with pytest.raises(ValueError, match="must be a number"):
            read(value)


@pytest.mark.parametrize("value", [MAX_DECIMAL, -MAX_DECIMAL, "1e9", "1e999", "1000000000.5", 10**30])
def test_a_quantity_stays_below_a_thousand_million(value: object) -> None:
    with pytest.raises(ValueError, match=r"must be within|too large"):
        read_quantity(value)


@pytest.mark.parametrize("value", [MAX_AMOUNT + 1, "1000000000.5", "-1e16"])
def test_a_unit_price_that_json_would_not_hold_is_refused(value: object) -> None:
    assert read_unit_price("1000000000.0") == 10**9 * MILLION
    with pytest.raises(ValueError, match="must be within"):
        read_unit_price(value)


@pytest.mark.parametrize("value", [1e9, -2.5e9, float("inf")])
def test_a_float_that_may_have_lost_digits_is_refused(value: float) -> None:
    assert 12345678901.000001 == 12345678901.000002  # why
    with pytest.raises(ValueError, match="whole and without a point"):
        read_unit_price(value)


@pytest.mark.parametrize("value", [-1, 100.0001, "-0.0001"])
def test_a_percentage_is_from_none_to_all(value: object) -> None:
    with pytest.raises(ValueError, match="from 0 to 100"):
        read_percentage(value)


@pytest.mark.parametrize(
    ("unit_price", "quantity", "subtotal"),
    [
        ("2499", "1.5", 3749),  # 3748.5
        ("-2499", "1.5", -3749),
        ("0.175", "3", 1),  # 0.525
        ("0.175", "2", 0),  # 0.35
        ("5785.12", "3", 17355),  # 17355.36
        ("9500", "0.25", 2375),
    ],
)
def test_price_times_quantity_is_rounded_once(unit_price: str, quantity: str, subtotal: int) -> None:
    assert subtotal_of(read_unit_price(unit_price), read_quantity(quantity)) == subtotal


@property_test
@given(prices)
def test_a_price_is_kept_in_two_columns_of_64_bits(price: int) -> None:
    columns = price_columns(price)
    assert price_of(SimpleNamespace(**columns)) == price
    assert 0 <= columns["unit_price_rest"] < MILLION
    assert abs(columns["unit_price"]) <= MAX_AMOUNT + 1


@property_test
@given(quantities)
def test_what_is_written_for_a_request_is_read_again(quantity: int) -> None:
    again = written(quantity)
    assert read_quantity(again) == quantity
    assert isinstance(again, str) == (quantity % MILLION != 0)


@property_test
@given(prices, quantities)
def test_a_subtotal_is_the_nearest_amount(unit_price: int, quantity: int) -> None:
    exact = Fraction(unit_price, MILLION) * Fraction(quantity, MILLION)
    assert subtotal_of(unit_price, quantity) == nearest(exact)
    assert subtotal_of(-unit_price, quantity) == -subtotal_of(unit_price, quantity)
