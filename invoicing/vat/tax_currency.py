"""VAT in the currency in which it is declared (BT-6, BT-111; directive 2006/112/EC, art. 91 and 230). Pure.

A rate is units of the invoice's currency for one of the tax currency, a decimal as the ECB publishes it.
"""

from __future__ import annotations

import re
from decimal import Decimal

from invoicing.currencies import minor_digits
from invoicing.money import divide

_RATE = re.compile(r"[0-9]{1,12}(\.[0-9]{1,18})?")
_DIGITS = 10
_MOST_DECIMALS = 18


def read_rate(value: str) -> str:
    """An exchange rate as it is kept and printed, without zeros at its end. ValueError if it is none."""
    if not _RATE.fullmatch(value) or not Decimal(value):
        raise ValueError(f"must be a decimal above 0 such as 1.0837 (it is {value[:40]!r})")
    return f"{Decimal(value).normalize():f}"


def in_tax_currency(vat: int, rate: str, currency: str, tax_currency: str) -> int:
    """The VAT in minor units of the tax currency: VAT / rate, rounded once."""
    units, parts = Decimal(rate).as_integer_ratio()
    theirs: int = 10 ** minor_digits(tax_currency)
    ours: int = 10 ** minor_digits(currency)
    return divide(vat * parts * theirs, units * ours)


def cross_rate(currency_per_euro: str, tax_currency_per_euro: str) -> str:
    """Units of one currency for one of the other, by way of the euro, to ten significant digits.

    ValueError if it is too large or too small to be written.
    """
    units, parts = Decimal(currency_per_euro).as_integer_ratio()
    tax_units, tax_parts = Decimal(tax_currency_per_euro).as_integer_ratio()
    numerator, denominator = units * tax_parts, parts * tax_units
    scale = 0
    while scale < _MOST_DECIMALS and numerator * 10**scale < denominator * 10 ** (_DIGITS - 1):
        scale += 1
    return read_rate(f"{Decimal(divide(numerator * 10**scale, denominator)).scaleb(-scale):f}")
