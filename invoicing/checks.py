"""Checks of values from outside: each takes a value and its field's name, returns the normalised value."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Mapping, Set
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any, TypedDict
from zoneinfo import available_timezones

import orjson
from babel import Locale, UnknownLocaleError

from invoicing.currencies import is_currency
from invoicing.decimals import Number, read_percentage, read_quantity, read_unit_price
from invoicing.electronic_addresses import EMAIL, FORMS, SCHEMES
from invoicing.errors import AmountTooLarge, MalformedId, ValidationError
from invoicing.money import MAX_AMOUNT

Check = Callable[[Any, str], Any]

_ID = re.compile(r"[A-Za-z0-9_.@:-]{1,255}")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_BLANK_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # blanks that Unicode counts as letters or signs
_FIRST_DAY, _LAST_DAY = date(1970, 1, 1), date(2199, 12, 31)
_NOT_COUNTRIES = frozenset(("EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"))  # CLDR's groups and placeholders
_MAX_METADATA = 16_384
_LONGEST_UNIT = 3
_MAX_LEVELS = 100  # orjson allows 254, of which a response needs some itself


def checked(values: Mapping[str, Any], checks: Mapping[str, Check], *, at: str = "") -> dict[str, Any]:
    """The checked values of those that are given; `at` is the prefix of their fields' names."""
    return {name: check(values[name], at + name) for name, check in checks.items() if name in values}


def optional(check: Check) -> Check:
    """Null, or what `check` accepts."""
    return lambda value, field: None if value is None else check(value, field)


def identifier(value: Any, field: str) -> str:
    if not isinstance(value, str) or not _ID.fullmatch(value):
        shown = str(value)[:40]
        raise MalformedId(f"“{shown}” is no id: {MalformedId.__doc__}", field=field, ids=(shown,))
    return value


def handle(value: Any, field: str) -> str:
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise ValidationError(
            f"{field} must be 1 to 255 characters of A-Z a-z 0-9 _ . @ : - (it is “{str(value)[:40]}”).",
            field=field,
        )
    return value


def text(most: int, *, least: int = 1) -> Check:
    """Text of `least` to `most` characters without control characters; white space at the ends is cut."""

    def check(value: Any, field: str) -> str:
        if value is None:
            raise ValidationError(f"{field} must not be null.", field=field)
        clean = str(value).strip()
        if (found := _UNPRINTABLE.search(clean)) is not None:
            raise ValidationError(
                f"{field} contains the control character U+{ord(found[0]):04X}; remove it.", field=field
            )
        if least and clean and not clean.isascii() and _is_invisible(clean):
            raise ValidationError(f"{field} has only characters that cannot be seen.", field=field)
        if not least <= len(clean) <= most:
            raise ValidationError(
                f"{field} must have {least} to {most} characters (it has {len(clean)}).", field=field
            )
        return clean

    return check


def _is_invisible(value: str) -> bool:
    """Whether nothing of it would be on paper: blanks, and characters that join or direct others."""
    return all(unicodedata.category(each)[0] in "ZC" or each in _BLANK_LETTERS for each in value)


LEAST_SEARCHED = 3


def search_words(value: Any) -> str:
    """The text that a list is searched for, in lower case like the searched columns; empty for all rows."""
    words = str(text(500, least=0)(value, "search")).casefold()
    if 0 < len(words) < LEAST_SEARCHED:
        raise ValidationError(
            f"search must have {LEAST_SEARCHED} characters or more (it has {len(words)}); "
            "what is shorter is found by its exact number or handle.",
            field="search",
        )
    return words


def whole_number(least: int, most: int) -> Check:
    def check(value: Any, field: str) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ValidationError(
                f"{field} must be a whole number from {least} to {most} (it is {value}).", field=field
            )
        return value

    return check


payment_terms = whole_number(0, 365)
"""In how many days an invoice is to be paid."""


def signed_quantity(value: Number, field: str) -> int:
    """A quantity of either sign with up to six decimals; returns millionths."""
    return _decimal(read_quantity, value, field)


def quantity(value: Number, field: str) -> int:
    """A quantity of more than 0."""
    number = signed_quantity(value, field)
    if number <= 0:
        raise ValidationError(f"{field} must be more than 0 (it is {value}).", field=field)
    return number


def unit_price(value: Number, field: str) -> int:
    """Minor units with up to six decimals; returns millionths of a minor unit."""
    if isinstance(value, int) and abs(value) > MAX_AMOUNT:
        raise _too_large(value, field)
    return _decimal(read_unit_price, value, field)


def _decimal(read: Callable[[object], int], value: object, field: str) -> int:
    try:
        return read(value)
    except ValueError as error:
        raise ValidationError(f"{field} {error}.", field=field) from None


def unit(value: Any, field: str) -> str:
    """A code of UN/ECE Recommendation 20 or 21, or a short word; `units` knows which of them are codes."""
    clean = str(text(1_000)(value, field))
    if len(clean) > _LONGEST_UNIT:
        raise ValidationError(
            f"{field} must have 1 to {_LONGEST_UNIT} characters, as the codes of UN/ECE Recommendations 20 "
            f"and 21 have: C62 is a piece, HUR an hour, KGM a kilogram (it is “{clean[:20]}”).",
            field=field,
        )
    return clean


def money(value: Any, field: str) -> int:
    """Whole minor units within ±(2^53−1)."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValidationError(f"{field} must be whole minor units: 2499 is € 24,99.", field=field)
    if abs(value) > MAX_AMOUNT:
        raise _too_large(value, field)
    return value


def _too_large(amount: int, field: str) -> AmountTooLarge:
    return AmountTooLarge(f"{field} is {amount}; at most ±{MAX_AMOUNT} is possible.", field=field)


def positive_amount(value: Any, field: str) -> int:
    """An amount of money of more than 0."""
    amount = money(value, field)
    if amount <= 0:
        raise ValidationError(f"{field} must be more than 0 (it is {amount}).", field=field)
    return amount


def flag(value: Any, field: str) -> bool:
    if not isinstance(value, bool):
        raise ValidationError(f"{field} must be true or false.", field=field)
    return value


def currency(value: Any, field: str) -> str:
    if not isinstance(value, str) or not is_currency(value):
        raise ValidationError(
            f"{field} must be an ISO 4217 code such as EUR (it is “{str(value)[:20]}”).", field=field
        )
    return value


def vat_rate(value: Any, field: str) -> int:
    """Takes percent with up to four decimals, returns ten-thousandths of a percent: 5.5 is 55,000."""
    return _decimal(read_percentage, value, field)


def one_of(kind: type[StrEnum]) -> Check:
    words = frozenset(kind)

    def check(value: Any, field: str) -> str:
        if value not in words:
            raise ValidationError(f"{field} must be one of {', '.join(kind)} (it is {value}).", field=field)
        return str(value)

    return check


@cache
def _countries() -> frozenset[str]:
    return frozenset(code for code in map(str, Locale("en").territories) if len(code) == 2) - _NOT_COUNTRIES


def country(value: Any, field: str) -> str:
    code = str(value).strip().upper()
    if code not in _countries():
        raise ValidationError(
            f"{field} must be an ISO 3166-1 alpha-2 code such as NL (it is “{str(value)[:20]}”).", field=field
        )
    return code


def locale(value: Any, field: str) -> str:
    try:
        return str(Locale.parse(str(value).replace("-", "_")))
    except (ValueError, UnknownLocaleError, TypeError):
        raise ValidationError(
            f"{field} must be a language tag such as nl or de-AT (it is “{str(value)[:20]}”).", field=field
        ) from None


@cache
def _timezones() -> Set[str]:
    """Read once: some six hundred files are looked at for it."""
    return available_timezones()


def timezone(value: Any, field: str) -> str:
    if value not in _timezones():
        raise ValidationError(
            f"{field} must be an IANA time zone such as Europe/Amsterdam (it is “{str(value)[:40]}”).",
            field=field,
        )
    return str(value)


def email(value: Any, field: str) -> str:
    clean = str(text(254)(value, field))
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", clean):
        raise ValidationError(f"{field} must be an e-mail address (it is “{clean[:60]}”).", field=field)
    return clean


def web_address(value: Any, field: str) -> str:
    clean = str(text(2_000)(value, field))
    if not re.fullmatch(r"https?://[^\s]+", clean):
        raise ValidationError(
            f"{field} must begin with https:// or http:// (it is “{clean[:60]}”).", field=field
        )
    return clean


def iban(value: Any, field: str) -> str:
    """ISO 13616, without blanks: the length of its country and the check digits must be right.

    The national check digits that some banks' numbers have inside are not checked.
    """
    from stdnum import iban as rules  # late: the package takes a tenth of a second to load
    from stdnum.exceptions import ValidationError as Invalid

    try:
        return str(rules.validate(str(value), check_country=False))
    except Invalid:
        raise ValidationError(
            f"{field} is no IBAN: its length, a character or its check digits are wrong "
            f"(it is “{str(value)[:40]}”).",
            field=field,
        ) from None


def bic(value: Any, field: str) -> str:
    """ISO 9362, without blanks: bank, country, place, and a branch if there is one."""
    from stdnum import bic as rules  # late, as above
    from stdnum.exceptions import ValidationError as Invalid

    try:
        return str(rules.validate(str(value)))
    except Invalid:
        raise ValidationError(
            f"{field} must be a BIC of 8 or 11 characters such as ABNANL2A (it is “{str(value)[:20]}”).",
            field=field,
        ) from None


def metadata(value: Any, _: str, field: str = "metadata") -> dict[str, Any]:
    """A JSON object up to 16 kB. Its column is `meta`, because SQLModel reserves the name `metadata`."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValidationError(f"{field} must be a JSON object.", field=field)
    try:
        stored = orjson.dumps(value)
    except TypeError as error:  # nested too deep, or a number beyond 64 bits
        raise ValidationError(f"{field} cannot be stored as JSON: {error}.", field=field) from None
    if len(stored) > _MAX_METADATA:
        raise ValidationError(
            f"{field} must be at most 16 kB of JSON (it is {len(stored)} bytes).", field=field
        )
    if (reason := _storage_problem(value)) is not None:
        raise ValidationError(f"{field} {reason}.", field=field)
    return value


def _storage_problem(value: Any, level: int = 1) -> str | None:
    """Why the JSON would not be read back unchanged, or None."""
    if level > _MAX_LEVELS:
        return f"goes more than {_MAX_LEVELS} levels deep"
    if isinstance(value, str) and "\0" in value:
        return "contains the control character U+0000; remove it"
    if isinstance(value, float) and not math.isfinite(value):
        return "contains a number that is too large"
    inside = (
        [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else ()
    )
    return next(
        (reason for each in inside if (reason := _storage_problem(each, level + 1)) is not None), None
    )


def day(value: Any, field: str) -> date:
    """A day that business can be done on; what is far off is a slip."""
    if not isinstance(value, date) or not _FIRST_DAY <= value <= _LAST_DAY:
        raise ValidationError(
            f"{field} must be a day from {_FIRST_DAY} to {_LAST_DAY} (it is {value}).", field=field
        )
    return value


class PeriodValues(TypedDict):
    start: date
    end: date


def period(value: PeriodValues, field: str) -> dict[str, str]:
    """A period as it is stored in JSON: the first and the last day."""
    start, end = day(value["start"], f"{field}.start"), day(value["end"], f"{field}.end")
    if end < start:
        raise ValidationError(
            f"{field}.end must not be before {field}.start, {start} (it is {end}).", field=f"{field}.end"
        )
    return {"start": start.isoformat(), "end": end.isoformat()}


class ElectronicAddressValues(TypedDict):
    scheme: str
    value: str


def electronic_address(value: ElectronicAddressValues, field: str) -> dict[str, str]:
    """Where a party takes e-invoices: a scheme of the EAS list, and what is under it, without blanks."""
    scheme = str(value["scheme"]).strip().upper()
    if scheme not in SCHEMES:
        raise ValidationError(
            f"{field}.scheme must be a code of the EAS list such as 0106, 0208 or 9930 "
            f"(it is “{scheme[:20]}”).",
            field=f"{field}.scheme",
        )
    under = re.sub(r"\s", "", str(text(200)(value["value"], f"{field}.value")))
    if scheme == EMAIL:
        under = email(under, f"{field}.value")
    if scheme in FORMS and not FORMS[scheme][0].fullmatch(under):
        raise ValidationError(
            f"{field}.value must be {FORMS[scheme][1]} (it is “{under[:40]}”).", field=f"{field}.value"
        )
    return {"scheme": scheme, "value": under}


class AddressValues(TypedDict, total=False):
    organisation: str | None
    name: str | None
    address_line_1: str | None
    address_line_2: str | None
    postal_code: str | None
    locality: str | None
    administrative_area: str | None
    country_code: str | None
    email: str | None
    phone_number: str | None


ADDRESS: Mapping[str, Check] = {
    "organisation": optional(text(200)),
    "name": optional(text(200)),
    "address_line_1": optional(text(200)),
    "address_line_2": optional(text(200)),
    "postal_code": optional(text(32)),
    "locality": optional(text(200)),
    "administrative_area": optional(text(200)),
    "country_code": optional(country),
    "email": optional(email),
    "phone_number": optional(text(64)),
}


def address(value: Any, field: str) -> dict[str, Any]:
    """An address without its empty parts."""
    if value is None:
        raise ValidationError(f"{field} must not be null.", field=field)
    clean = checked({k: v or None for k, v in value.items()}, ADDRESS, at=f"{field}.")
    return {name: part for name, part in clean.items() if part is not None}
