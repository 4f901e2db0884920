"""Amounts reach Stripe in its own units, exactly or not at all."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateways.stripe_amounts import counted
from invoicing.money import minor_digits

CURRENCIES = ("EUR", "JPY", "KWD", "ISK", "UGX", "RSD", "HUF", "MGA", "TND", "XOF")


@pytest.mark.parametrize(
    ("amount", "currency", "theirs"),
    [
        (2_499, "EUR", 2_499),
        (500, "JPY", 500),
        (5_120, "KWD", 5_120),
        (5, "ISK", 500),
        (5, "UGX", 500),
        (1_045, "HUF", 1_045),
        (7, "RSD", 700),  # CLDR writes no decimals, Stripe counts them
        (1, "MGA", 1),
    ],
)
def test_amounts_are_counted_as_stripe_does(amount: int, currency: str, theirs: int) -> None:
    assert counted(amount, currency) == theirs


def test_what_stripe_cannot_take_is_told_in_a_sentence() -> None:
    with pytest.raises(ValueError, match="such small parts of KWD"):
        counted(5_124, "KWD")


@given(st.integers(1, 10**8), st.sampled_from(CURRENCIES))
def test_an_amount_is_the_same_money_there(amount: int, currency: str) -> None:
    try:
        theirs = counted(amount, currency)
    except ValueError:
        assert amount % 10
        return
    parts = {"JPY": 1, "MGA": 1, "XOF": 1, "KWD": 1_000, "TND": 1_000}.get(currency, 100)
    assert Fraction(theirs, parts) == Fraction(amount, 10 ** minor_digits(currency))
