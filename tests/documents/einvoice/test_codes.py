"""Every country and currency that can be invoiced is in the official lists, or is a problem."""

from __future__ import annotations

import re
from itertools import product
from string import ascii_uppercase

import pytest

from documents.einvoice.codes import CURRENCIES, NOT_IN_CII, country_code
from invoicing.checks import country
from invoicing.currencies import is_currency
from invoicing.errors import ValidationError
from tests.support.einvoice_rules import rules_of_ubl


def lists_with(*codes: str) -> list[set[str]]:
    """The lists of codes of the official rules that have these."""
    found = re.findall(r"'((?: ?[A-Z0-9]{2,3}){100,} ?)'", rules_of_ubl())
    return [each for text in found if {*codes} <= (each := {*text.split()})]


def is_country(code: str) -> bool:
    try:
        return country(code, "country") == code
    except ValidationError:
        return False


@pytest.fixture(scope="module")
def countries() -> set[str]:
    return {code for code in map("".join, product(ascii_uppercase, repeat=2)) if is_country(code)}


def test_every_country_is_known_by_a_code_of_the_list(countries: set[str]) -> None:
    official = lists_with("NL", "DE")
    assert official
    assert all({country_code(code) for code in countries} <= each for each in official)
    assert {"XK", "IC", NOT_IN_CII} <= countries
    assert country_code(None) is None


def test_currencies_are_those_of_the_list_that_can_be_invoiced() -> None:
    official = lists_with("EUR", "USD")
    assert official
    assert all(each >= CURRENCIES for each in official)
    assert all(is_currency(code) for code in CURRENCIES)
    assert {"EUR", "USD", "JPY", "KWD"} <= CURRENCIES
    assert not CURRENCIES & {"DEM", "NLG", "BGN"}
