"""Numbers, money, percentages and dates as the buyer's locale writes them.

Babel needs about 30 µs to format one amount, and an invoice may have thousands. So Babel formats one example
for each locale and currency; from it the pattern is read, by which all amounts are built as plain strings.
"""

from __future__ import annotations

import re
from copy import copy
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_percent, get_currency_symbol, get_decimal_symbol

from documents.paper.fonts import NO_BREAK_SPACE
from documents.paper.languages import locale
from documents.paper.text import Printable, clean, is_printable
from invoicing.snapshot import Period

MINUS = "−"  # U+2212, as wide as a figure's plus; some locales have a hyphen
MOST_KEPT = 100  # VAT rates, of which a seller has few
UNGROUPED = 1_000  # the size of a group that holds all digits
EXAMPLE = Decimal("12345678.90")
"""It has decimals also where the currency has none: prices and quantities may have them."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """What stands before and after the digits, for a positive and for a negative amount."""

    before: tuple[str, str]
    after: tuple[str, str]

    def around(self, digits: str, *, negative: bool) -> Printable:
        return Printable(self.before[negative] + digits + self.after[negative])


class Formats:
    """How one locale writes one currency; amounts are whole minor units."""

    def __init__(self, locale: Locale, currency: str, decimals: int) -> None:
        self.locale = locale
        self.currency = currency
        self.decimals = decimals
        examples = [_with_currency(sign * EXAMPLE, currency, locale) for sign in (1, -1)]
        self._money, digits = _pattern(examples)
        self._plain = _without_symbol(self._money, _symbol(currency, locale))
        self._group, self._sizes, self._point = _separators(digits)
        rate = [clean(format_percent(Decimal(sign), format=None, locale=locale)) for sign in (1, -1)]
        self._percent, _ = _pattern(rate)
        self._percents: dict[int, Printable] = {}

    def money(self, amount: int) -> Printable:
        """The amount with its currency: € 1.234,50."""
        return self._money.around(self._digits(amount, self.decimals), negative=amount < 0)

    def plain(self, amount: int) -> Printable:
        """The amount without its currency, for the table's columns: 1.234,50."""
        return self._plain.around(self._digits(amount, self.decimals), negative=amount < 0)

    def quantity(self, quantity: int) -> Printable:
        """A quantity in millionths, without superfluous zeros: 3, 1,5."""
        number, decimals = _without_zeros(quantity, 6)
        return self._plain.around(self._digits(number, decimals), negative=quantity < 0)

    def unit_price(self, price: int) -> Printable:
        """A price in millionths of a minor unit, with at least the currency's decimals: 24,99, 0,00175."""
        number, decimals = _without_zeros(price, 6)
        return self._plain.around(self._digits(number, self.decimals + decimals), negative=price < 0)

    def decimal(self, number: str) -> Printable:
        """A decimal such as an exchange rate, with all its digits."""
        whole, _, part = number.partition(".")
        point = clean(get_decimal_symbol(self.locale))
        return Printable(self._grouped(whole) + point + part if part else self._grouped(whole))

    def percent(self, rate: int) -> Printable:
        """A rate in ten-thousandths of a percent, without superfluous zeros: 21 %, 5,5 %."""
        found = self._percents.get(rate)
        if found is None:
            number, decimals = _without_zeros(rate, 4)
            found = self._percent.around(self._digits(number, decimals), negative=rate < 0)
            if len(self._percents) < MOST_KEPT:
                self._percents[rate] = found
        return found

    def date(self, day: date) -> Printable:
        """The date in words."""
        return _date(day, self.locale)

    def period(self, period: Period) -> Printable:
        """The first and the last day; one day if they are the same."""
        first, last = self.date(period.start), self.date(period.end)
        return first if first == last else Printable(f"{first} – {last}")

    def _digits(self, number: int, decimals: int) -> str:
        digits = str(abs(number))
        if not decimals:
            return self._grouped(digits)
        if len(digits) <= decimals:
            digits = digits.zfill(decimals + 1)
        return f"{self._grouped(digits[:-decimals])}{self._point}{digits[-decimals:]}"

    def _grouped(self, whole: str) -> str:
        last, further = self._sizes
        if len(whole) <= last:
            return whole
        whole, groups = whole[:-last], whole[-last:]
        while len(whole) > further:
            whole, groups = whole[:-further], f"{whole[-further:]}{self._group}{groups}"
        return f"{whole}{self._group}{groups}"


@lru_cache(maxsize=256)
def formats(tag: str, currency: str, decimals: int) -> Formats:
    """How a locale writes a currency with so many decimals."""
    return Formats(locale(tag), currency, decimals)


@lru_cache(maxsize=4096)
def _date(day: date, where: Locale) -> Printable:
    return clean(format_date(day, "long", locale=where))


def _without_zeros(number: int, decimals: int) -> tuple[int, int]:
    """The number and its decimals without the zeros at its end: 1_500_000 with six is 15 with one."""
    if number % 10**decimals == 0:  # as most are
        return number // 10**decimals, 0
    while decimals and number % 10 == 0:
        number, decimals = number // 10, decimals - 1
    return number, decimals


def _with_currency(amount: Decimal, currency: str, where: Locale) -> Printable:
    symbol = _symbol(currency, where)
    sign = get_currency_symbol(currency, locale=where)
    pattern = copy(where.currency_formats["standard"])
    pattern.frac_prec = (2, 2)  # the currency's own, which Babel has from CLDR, may be none
    with_sign = str(pattern.apply(amount, where, currency=currency, currency_digits=False))
    written = clean(with_sign.replace(sign, symbol))
    # Babel leaves out CLDR's currencySpacing: a space between digits and a currency that ends in a letter.
    return Printable(re.sub(rf"({re.escape(symbol)})(?=\d)", rf"\1{_currency_spacing(symbol)}", written))


def _symbol(currency: str, where: Locale) -> Printable:
    """The locale's symbol, or the ISO 4217 code if the fonts lack a character of the symbol."""
    symbol = get_currency_symbol(currency, locale=where)
    return clean(symbol) if is_printable(symbol) else clean(currency)


def _currency_spacing(symbol: str) -> str:
    return NO_BREAK_SPACE if symbol[-1:].isalpha() else ""


def _pattern(examples: list[Printable]) -> tuple[Pattern, str]:
    found = [re.search(r"\d(.*\d)?", example) for example in examples]
    matches = [match for match in found if match is not None]
    before, after = zip(
        *((_signed(m.string[: m.start()]), _signed(m.string[m.end() :])) for m in matches), strict=True
    )
    return Pattern(before, after), matches[0].group()


def _signed(words: str) -> str:
    """What stands beside the digits, with a true minus."""
    return words.replace("-", MINUS)


def _without_symbol(pattern: Pattern, symbol: str) -> Pattern:
    before, after = (
        tuple(part.replace(symbol, "").strip() for part in parts) for parts in (pattern.before, pattern.after)
    )
    return Pattern((before[0], before[1]), (after[0], after[1]))


def _separators(digits: str) -> tuple[str, tuple[int, int], str]:
    """The group separator, the sizes of the last group and of those before it, and the decimal point."""
    whole, point = digits[:-3], digits[-3]
    groups = re.findall(r"\d+", whole)
    if len(groups) < 2:
        return "", (UNGROUPED, UNGROUPED), point
    separator = re.sub(r"\d", "", whole)[0]
    further = len(groups[-2]) if len(groups) > 2 else len(groups[-1])
    return separator, (len(groups[-1]), further), point
