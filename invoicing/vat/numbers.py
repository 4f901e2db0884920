"""VAT numbers: whose country's they are, and whether their form and check digits are right.

The rules of some 75 countries are the package python-stdnum's. No register is asked.
"""

from __future__ import annotations

import re
from typing import Protocol, cast

from invoicing.errors import ValidationError

EU_COUNTRIES = frozenset(
    (
        *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU"),
        *("IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
        "XI",
    )
)
"""Where a supply within the EU may go (ISO 3166-1, as of 2026-01-01); XI is Northern Ireland, for goods."""

_PREFIXES = {"EL": "GR"}
"""Prefixes that are not the ISO 3166-1 code of their country."""
_PREFIX_OF = {"GR": "EL"}
_RULES_OF = {"XI": "GB"}
"""Countries whose numbers have the form of another's."""
_BLANK = re.compile(r"\s+")
_PUNCTUATION = re.compile(r"[\s.\-/]+")


class _Rules(Protocol):
    def validate(self, number: str) -> str: ...


def vat_country(number: str | None, country: str | None) -> str | None:
    """The country of a VAT number: its prefix, else the address's `country`; XI is Northern Ireland."""
    if not number:
        return None
    prefix = _prefix_country(number)
    if prefix is not None and (country is None or _is_valid(number, prefix) is not False):
        return prefix
    return country or prefix


def checked_vat_number(number: str, country: str | None, field: str) -> str:
    """The number in capitals and without blanks (in the EU also without punctuation), its digits verified.

    A number of the EU has its prefix, as art. 215 of 2006/112/EC wants it, also where it came without.

    `country` is that of the address beside it (ISO 3166-1). A number is right if its form is that of its
    prefix's country, or of the address's. Countries whose rules are not known are not checked.
    """
    clean = _BLANK.sub("", number).upper()
    if _prefix_country(clean) in EU_COUNTRIES:
        clean = _PUNCTUATION.sub("", clean)
    countries = [code for code in (_prefix_country(clean), country) if code is not None]
    verdicts = [verdict for code in countries if (verdict := _is_valid(clean, code)) is not None]
    if verdicts and not any(verdicts):
        raise ValidationError(
            f"{field} is no VAT number of {' or '.join(dict.fromkeys(countries))}: "
            f"its form or its check digits are wrong (it is “{number[:40]}”).",
            field=field,
        )
    return _prefixed(clean, country)


def _prefixed(number: str, country: str | None) -> str:
    own = _prefix_country(number)
    if own in EU_COUNTRIES and _is_valid(number, own):
        digits = number[2:]
    elif country in EU_COUNTRIES and _is_valid(number, country):
        own, digits = country, _PUNCTUATION.sub("", number)
    else:
        return number
    return f"{_PREFIX_OF.get(own, own)}{digits}"


def _prefix_country(number: str) -> str | None:
    """The country that the first two letters name, if VAT numbers of that country are known."""
    prefix = number[:2].upper()
    country = _PREFIXES.get(prefix, prefix)
    return country if _module(country) is not None else None


def _is_valid(number: str, country: str) -> bool | None:
    """Whether the number is one of the country's; None if the country's rules are not known."""
    module = _module(country)
    if module is None:
        return None
    from stdnum.exceptions import ValidationError as Invalid

    try:
        module.validate(number)
    except Invalid:
        return False
    return True


def _module(country: str) -> _Rules | None:
    code = _RULES_OF.get(country, country)
    if not re.fullmatch("[A-Z]{2}", code) or code == "EU":
        return None
    from stdnum import get_cc_module  # late: the package takes a tenth of a second to load

    return cast("_Rules | None", get_cc_module(code.lower(), "vat"))
