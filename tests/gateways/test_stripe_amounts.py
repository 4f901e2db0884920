"""Amounts are converted to Stripe's units exactly, or refused."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateways.stripe_amounts import stripe_amount
from invoicing.currencies import minor_digits

CURRENCIES = ("EUR", "JPY", "KWD", "ISK", "UGX", "RSD", "HUF", "MGA", "TND", "XOF")


@pytest.mark.parametrize(
    ("amount", "currency", "converted"),
    [
        (2_499, "EUR", 2_499),
        (500, "JPY", 500),
        (5_120, "KWD", 5_120),
        (5, "ISK", 500),
        (5, "UGX", 500),
        (1_045, "HUF", 1_045),
        (700, "RSD", 700),  # no decimals in CLDR, two in ISO 4217 and at Stripe
        (100, "MGA", 1),  # two decimals in ISO 4217, none at Stripe
    ],
)
def test_amounts_are_converted_to_stripes_units(amount: int, currency: str, converted: int) -> None:
    assert stripe_amount(amount, currency) == converted


def test_an_amount_stripe_cannot_take_is_refused_with_a_sentence() -> None:
    with pytest.raises(ValueError, match="such small parts of KWD"):
        stripe_amount(5_124, "KWD")
    with pytest.raises(ValueError, match="such small parts of MGA"):
        stripe_amount(150, "MGA")


@given(st.integers(1, 10**8), st.sampled_from(CURRENCIES))
def test_a_converted_amount_is_the_same_money(amount: int, currency: str) -> None:
    try:
        converted = stripe_amount(amount, currency)
    except ValueError:
        assert amount % (100 if currency == "MGA" else 10)
        return
    parts = {"JPY": 1, "MGA": 1, "XOF": 1, "KWD": 1_000, "TND": 1_000}.get(currency, 100)
    assert Fraction(converted, parts) == Fraction(amount, 10 ** minor_digits(currency))
