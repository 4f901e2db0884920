"""VAT is declared in the tax currency, converted once by a decimal that is printed."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invoicing.currencies import minor_digits
from invoicing.money import MAX_AMOUNT
from invoicing.vat.tax_currency import cross_rate, in_tax_currency, read_rate

property_test = settings(derandomize=True, deadline=None, max_examples=100)
currencies = st.sampled_from(["EUR", "USD", "JPY", "KWD", "PLN", "IDR"])
per_euro = st.integers(1, 10**9).map(lambda number: str(Decimal(number).scaleb(-5)))


@pytest.mark.parametrize(
    ("vat", "rate", "currency", "tax_currency", "amount"),
    [
        (2_100, "1.0837", "USD", "EUR", 1_938),  # 1937.8
        (-2_100, "1.0837", "USD", "EUR", -1_938),
        (2_100, "1", "EUR", "EUR", 2_100),
        (500, "161.5", "JPY", "EUR", 310),  # ¥ 500 are € 3.096
        (2_100, "0.2349514", "EUR", "PLN", 8_938),
        (1_000, "0.3336", "KWD", "USD", 300),  # 2.9976
    ],
)
def test_the_vat_is_divided_by_the_rate(
    vat: int, rate: str, currency: str, tax_currency: str, amount: int
) -> None:
    assert in_tax_currency(vat, rate, currency, tax_currency) == amount


@property_test
@given(st.integers(-MAX_AMOUNT, MAX_AMOUNT), per_euro, currencies, currencies)
def test_the_vat_is_rounded_once(vat: int, rate: str, currency: str, tax_currency: str) -> None:
    major = Fraction(vat, 10 ** minor_digits(currency)) / Fraction(rate)
    exact = major * 10 ** minor_digits(tax_currency)
    found = in_tax_currency(vat, rate, currency, tax_currency)
    assert abs(found - exact) <= Fraction(1, 2)
    assert abs(found) >= abs(exact) or abs(found - exact) < Fraction(1, 2)  # half goes away from zero


def test_other_currencies_go_by_way_of_the_euro() -> None:
    assert cross_rate("1", "4.2562") == "0.2349513651"  # euros for a zloty
    assert cross_rate("1.0837", "1") == "1.0837"
    assert cross_rate("1.0837", "17612.34") == "0.00006153072221"
    assert cross_rate("17612.34", "0.00001") == "1761234000"


@property_test
@given(per_euro, per_euro)
def test_a_cross_rate_is_exact_to_ten_digits(one: str, other: str) -> None:
    exact = Fraction(one) / Fraction(other)
    if exact < Fraction(1, 10**8) or exact >= 10**9:
        return
    rate = cross_rate(one, other)
    assert abs(Fraction(rate) - exact) <= exact / (2 * 10**9)
    assert read_rate(rate) == rate


@pytest.mark.parametrize(
    ("given_rate", "rate"), [("1.08370", "1.0837"), ("4", "4"), ("10", "10"), ("0.50", "0.5")]
)
def test_a_rate_is_kept_without_zeros_at_its_end(given_rate: str, rate: str) -> None:
    assert read_rate(given_rate) == rate


@pytest.mark.parametrize("value", ["", "0", "0.00", "-1", "1,08", "1e5", "NaN", " 1", "1.", "٣", "1" * 13])
def test_what_is_no_rate_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="must be a decimal above 0"):
        read_rate(value)
