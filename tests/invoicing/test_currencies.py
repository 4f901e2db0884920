"""Currencies and their decimals are ISO 4217's."""

from __future__ import annotations

import pytest
from babel.numbers import get_currency_precision, list_currencies

from invoicing.currencies import is_currency, minor_digits


@pytest.mark.parametrize(
    ("currency", "digits"),
    [("JPY", 0), ("EUR", 2), ("HUF", 2), ("KWD", 3), ("IQD", 3), ("XCG", 2), ("BGN", 2)],
)
def test_currencies_have_their_own_decimals(currency: str, digits: int) -> None:
    assert minor_digits(currency) == digits


def test_where_people_use_fewer_decimals_iso_still_counts_them() -> None:
    unlike = {
        code: minor_digits(code)
        for code in list_currencies()
        if is_currency(code) and minor_digits(code) != get_currency_precision(code)
    }
    assert unlike == {
        **dict.fromkeys("AFN ALL IRR KPW LAK LBP MGA MMK RSD SOS SYP YER".split(), 2),  # noqa: SIM905
        "IQD": 3,
    }


@pytest.mark.parametrize(("code", "digits"), [("ITL", 0), ("NLG", 2), ("DEM", 2), ("ESP", 0), ("HRK", 2)])
def test_money_of_the_past_has_the_decimals_it_had(code: str, digits: int) -> None:
    assert minor_digits(code) == digits


@pytest.mark.parametrize("code", ["EUR", "USD", "GBP", "CHF", "JPY", "KWD", "XOF", "NLG", "DEM"])
def test_money_of_today_and_of_the_past_is_a_currency(code: str) -> None:
    assert is_currency(code)


@pytest.mark.parametrize(
    "code", ["", "EU", "eur", "Eur", "EURO", " EUR", "€", "AAA", "XXX", "XTS", "XAU", "CHE"]
)
def test_what_nobody_pays_with_is_not_a_currency(code: str) -> None:
    assert not is_currency(code)
    with pytest.raises(ValueError, match="is not an ISO 4217 currency"):
        minor_digits(code)
