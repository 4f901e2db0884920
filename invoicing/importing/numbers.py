"""Numbers as people and programs write them, read to plain digits; what has two readings is refused."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache

from invoicing.currencies import is_currency


class Decimals(StrEnum):
    """Which sign stands before the decimals."""

    POINT = "point"
    COMMA = "comma"


class NoNumber(ValueError):
    """The text is no number. `rule` says what it must be, if more is to be said than that."""

    def __init__(self, rule: str | None = None) -> None:
        super().__init__(rule)
        self.rule = rule


_DIGITS = "[0-9]{1,18}"
_PLAIN = re.compile(rf"-?{_DIGITS}(\.{_DIGITS})?")
_MAY_BE_THOUSANDS = re.compile(r"-?[1-9][0-9]{0,2}\.[0-9]{3}")
_SIGN = r"[^\s0-9.,'’+−-][^\s0-9,'’+−-]{0,4}"
_WRITTEN = re.compile(
    rf"(?P<minus>[-−+]?) ?(?P<before>{_SIGN})? ?(?P<minus_inside>[-−]?)"
    rf"(?P<digits>[0-9](?:[0-9.,'’ ]*[0-9])?) ?(?P<after>{_SIGN})? ?(?P<minus_behind>[-−]?)"
)
_BLANKS = str.maketrans(dict.fromkeys("\u00a0\u2007\u2009\u202f", " "))
_WHOLE = rf"{_DIGITS}|[1-9][0-9]{{0,2}}(?:([MARK '’])[0-9]{{3}})(?:\2[0-9]{{3}}){{0,5}}"
_READINGS = {
    Decimals.POINT: re.compile(rf"({_WHOLE.replace('MARK', ',')})(?:\.({_DIGITS}))?"),
    Decimals.COMMA: re.compile(rf"({_WHOLE.replace('MARK', '.')})(?:,({_DIGITS}))?"),
}
_SIGNS = {
    "€": {"EUR"},
    "£": {"GBP", "GIP", "FKP", "SHP", "EGP", "LBP", "SDG", "SYP"},
    "¥": {"JPY", "CNY"},
    "₤": {"GBP", "TRY"},
    "₺": {"TRY"},
    "₽": {"RUB"},
    "₴": {"UAH"},
    "₹": {"INR"},
    "₩": {"KRW"},
    "₪": {"ILS"},
    "฿": {"THB"},
    "zł": {"PLN"},
    "kč": {"CZK"},
    "ft": {"HUF"},
    "lei": {"RON"},
    "kr": {"SEK", "NOK", "DKK", "ISK"},
    "fr": {"CHF"},
    "sfr": {"CHF"},
    "r$": {"BRL"},
    "us$": {"USD"},
}
"""The currencies that each sign stands for. A dollar sign stands for every dollar, and for pesos."""

_DOLLARS = {"USD", "CAD", "AUD", "NZD", "SGD", "HKD", "TWD", "MXN", "CLP", "COP", "ARS", "UYU", "BRL", "JMD"}


@lru_cache(10_000)
def plain_number(cell: str, decimals: Decimals | None) -> tuple[str, str]:
    """The digits with a decimal point, `-1234.50`, and the currency or % that stands beside them.

    Without `decimals` it is read where only one reading is possible. NoNumber otherwise.
    """
    if decimals is not Decimals.COMMA and _PLAIN.fullmatch(cell):
        if decimals is None and _MAY_BE_THOUSANDS.fullmatch(cell):
            raise _ambiguous(cell, cell.replace(".", ""))
        return cell, ""
    found = _WRITTEN.fullmatch(cell.translate(_BLANKS).strip())
    if found is None or (found["before"] and found["after"]):
        raise NoNumber
    minus = "-" if {"-", "−"} & {found["minus"], found["minus_inside"], found["minus_behind"]} else ""
    digits, sign = found["digits"], found["before"] or found["after"] or ""
    readings = {way: number for way in _READINGS if (number := _read(digits, way)) is not None}
    if decimals is not None:
        if decimals not in readings:
            raise NoNumber(f"must be a number with a decimal {decimals}, as --decimal says")
        return minus + readings[decimals], sign
    if not readings:
        raise NoNumber
    if len(set(readings.values())) > 1:
        raise _ambiguous(*(minus + readings[way] for way in Decimals))
    return minus + next(iter(readings.values())), sign


def stands_for(sign: str, currency: str) -> bool:
    """Whether an amount of the currency may be written with this sign or code."""
    told = sign.casefold().rstrip(".")
    if is_currency(sign.upper()):
        return sign.upper() == currency
    return currency in (_DOLLARS if told == "$" else _SIGNS.get(told, ()))


def _read(digits: str, decimals: Decimals) -> str | None:
    if (found := _READINGS[decimals].fullmatch(digits)) is None:
        return None
    whole = re.sub("[^0-9]", "", found[1])
    return whole if found[3] is None else f"{whole}.{found[3]}"


def _ambiguous(with_point: str, with_comma: str) -> NoNumber:
    return NoNumber(
        f"must have one reading: it is {with_point} if a point stands before the decimals, and "
        f"{with_comma} if a comma does; say which with --decimal point or --decimal comma"
    )
