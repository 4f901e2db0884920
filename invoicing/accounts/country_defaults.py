"""The settings of a new seller whose country is known: currency, time zone, VAT rate, language."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

from babel import Locale, UnknownLocaleError
from babel.languages import get_official_languages
from babel.numbers import get_territory_currencies

STANDARD_VAT_RATES: dict[str, float] = {
    # The EU, as of 2026-01-01.
    **{"AT": 20, "BE": 21, "BG": 20, "CY": 19, "CZ": 21, "DE": 19, "DK": 25, "EE": 24, "ES": 21},
    **{"FI": 25.5, "FR": 20, "GR": 24, "HR": 25, "HU": 27, "IE": 23, "IT": 22, "LT": 21, "LU": 17},
    **{"LV": 21, "MT": 18, "NL": 21, "PL": 23, "PT": 23, "RO": 21, "SE": 25, "SI": 22, "SK": 23},
    # Elsewhere; countries with taxes that differ by state or product are left out.
    **{"AE": 5, "AU": 10, "CH": 8.1, "GB": 20, "IL": 18, "IS": 24, "JP": 10, "KR": 10, "LI": 8.1},
    **{"MX": 16, "NO": 25, "NZ": 15, "RS": 20, "SA": 15, "SG": 9, "TR": 20, "UA": 20, "ZA": 15},
}
"""The standard rate in percent, by ISO 3166-1 code."""

_CURRENCIES = {"BG": "EUR"}
"""Currencies that changed after CLDR's list: Bulgaria has had the euro since 2026-01-01."""


@dataclass(frozen=True, slots=True)
class CountryDefaults:
    """`default_vat_rate` is in percent; 0 where the country's rate is not known here."""

    default_currency: str
    timezone: str
    default_vat_rate: float
    locale: str


def country_defaults(country: str) -> CountryDefaults:
    """The defaults of a seller in this country (ISO 3166-1 alpha-2).

    The time zone is the one in which most people of the country live (tz database, zone.tab), the language
    the official one that is spoken most (CLDR).
    """
    languages = filter(_is_known, get_official_languages(country, de_facto=True))
    return CountryDefaults(
        default_currency=currency_of_country(country) or "EUR",
        timezone=_timezones().get(country, "UTC"),
        default_vat_rate=STANDARD_VAT_RATES.get(country, 0),
        locale=next(languages, "en"),
    )


@cache
def currency_of_country(country: str | None) -> str | None:
    """The currency in which the country's taxes are declared."""
    if country is None:
        return None
    return _CURRENCIES.get(country) or next(iter(get_territory_currencies(country)), None)


def _is_known(language: str) -> bool:
    """Whether CLDR has the language's words and forms."""
    try:
        Locale.parse(language)
    except UnknownLocaleError:
        return False
    return True


@cache
def _timezones() -> dict[str, str]:
    """Each country's first zone: the rows of a country are in order of population."""
    zones: dict[str, str] = {}
    for row in resources.files("tzdata").joinpath("zoneinfo/zone.tab").read_text().splitlines():
        if not row.startswith("#"):
            country, _, zone, *_ = row.split("\t")
            zones.setdefault(country, zone)
    return zones
