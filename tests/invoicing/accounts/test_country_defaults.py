"""A new seller's settings follow its country."""

from __future__ import annotations

import pytest
from babel import Locale

from invoicing import checks
from invoicing.accounts.country_defaults import (
    STANDARD_VAT_RATES,
    CountryDefaults,
    country_defaults,
)
from invoicing.accounts.paper_size import PaperSize, paper_size_of_country
from invoicing.vat.numbers import EU_COUNTRIES


@pytest.mark.parametrize(
    ("country", "defaults"),
    [
        ("NL", CountryDefaults("EUR", "Europe/Amsterdam", 21, "nl")),
        ("FI", CountryDefaults("EUR", "Europe/Helsinki", 25.5, "fi")),
        ("BG", CountryDefaults("EUR", "Europe/Sofia", 20, "bg")),
        ("CH", CountryDefaults("CHF", "Europe/Zurich", 8.1, "de")),
        ("US", CountryDefaults("USD", "America/New_York", 0, "en")),
        ("GB", CountryDefaults("GBP", "Europe/London", 20, "en")),
    ],
)
def test_the_defaults_are_those_of_the_country(country: str, defaults: CountryDefaults) -> None:
    assert country_defaults(country) == defaults


def test_every_country_has_settings_that_an_account_takes() -> None:
    for country in sorted(filter(str.isalpha, map(str, Locale("en").territories))):
        found = country_defaults(country)
        checks.currency(found.default_currency, country)
        checks.timezone(found.timezone, country)
        checks.vat_rate(found.default_vat_rate, country)
        checks.locale(found.locale, country)


def test_every_member_state_has_its_rate() -> None:
    assert EU_COUNTRIES - {"XI"} <= STANDARD_VAT_RATES.keys()
    assert min(STANDARD_VAT_RATES.values()) > 0


@pytest.mark.parametrize(
    ("country", "size"), [("NL", "A4"), ("US", "LETTER"), ("CA", "LETTER"), ("GB", "A4"), (None, "A4")]
)
def test_the_paper_is_that_of_the_country(country: str | None, size: str) -> None:
    assert paper_size_of_country(country) is PaperSize(size)
