"""Quantities, unit prices and percentages: decimals that are read by their digits and kept as whole numbers.

Quantities and unit prices are millionths, so that 1.5 hours are 1_500_000 and 0.175 cents 175_000. Rates of
VAT are ten-thousandths of a percent: 6.625 % is 66_250, which is the rate in millionths as well.

A JSON number with a decimal point arrives as a float. Of two decimals with at most 15 digits no float holds
both, so up to 10^9 with six decimals its shortest digits are the digits that were sent. Beyond, they may not
be: such a number is taken as an integer or as a string only.
"""

from __future__ import annotations

import re
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import Protocol, TypedDict

from invoicing.money import MAX_AMOUNT, divide

MILLION = 1_000_000
MAX_DECIMAL = 10**9
"""What a quantity, and a unit price with decimals, stays below."""

Number = int | float | str | Decimal
"""A number as it was written: by a caller, in a file, in JSON."""

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")
_EXACT = Context(prec=60, traps=[Inexact, InvalidOperation])


class Priced(Protocol):
    """What has a unit price: whole minor units, and millionths of one more, 0 to 999,999 also below zero.

    In one number the largest prices do not fit into 64 bits. -0.25 is kept as -1 and 750,000.
    """

    @property
    def unit_price(self) -> int: ...
    @property
    def unit_price_rest(self) -> int: ...


def price_of(priced: Priced) -> int:
    """The unit price in millionths of a minor unit."""
    return priced.unit_price * MILLION + priced.unit_price_rest


class _PriceColumns(TypedDict):
    """A unit price as the columns of a row."""

    unit_price: int
    unit_price_rest: int


def price_columns(price: int) -> _PriceColumns:
    """The columns that keep a unit price of so many millionths."""
    whole, rest = divmod(price, MILLION)
    return {"unit_price": whole, "unit_price_rest": rest}


def read_quantity(value: object) -> int:
    """A quantity in millionths, of either sign, up to six decimals. ValueError says what is wrong with it."""
    if type(value) is int and -MAX_DECIMAL < value < MAX_DECIMAL:  # most are
        return value * MILLION
    quantity = _read(value, 6)
    if abs(quantity) >= MAX_DECIMAL * MILLION:
        raise ValueError(f"must be within ±{MAX_DECIMAL} (it is {value})")
    return quantity


def read_unit_price(value: object) -> int:
    """A unit price in millionths of a minor unit. ValueError says what is wrong with it.

    With decimals it stays below 10^9 minor units, so that every JSON reader still holds it exactly.
    """
    if type(value) is int and -MAX_AMOUNT <= value <= MAX_AMOUNT:
        return value * MILLION
    price = _read(value, 6)
    most = MAX_DECIMAL * MILLION if price % MILLION else (MAX_AMOUNT + 1) * MILLION
    if abs(price) >= most:
        raise ValueError(f"must be within ±(2^53−1), with decimals within ±{MAX_DECIMAL} (it is {value})")
    return price


def read_percentage(value: object) -> int:
    """A percentage from 0 to 100 with up to four decimals, in ten-thousandths of a percent."""
    if type(value) is int and 0 <= value <= 100:
        return value * 10_000
    rate = _read(value, 4)
    if not 0 <= rate <= MILLION:
        raise ValueError(f"must be a percentage from 0 to 100 (it is {value})")
    return rate


def decimal_text(number: int, decimals: int = 6) -> str:
    """The number with that many decimals as it is written, without zeros at its end: 1_500_000 is 1.5."""
    whole, rest = divmod(abs(number), 10**decimals)
    sign = "-" if number < 0 else ""
    if not rest:  # as most are
        return f"{sign}{whole}"
    return f"{sign}{whole}.{rest:0{decimals}}".rstrip("0")


def json_number(number: int, decimals: int = 6) -> int | float:
    """The same for JSON: an integer where it is whole. A float carries the digits of what is not, no more."""
    whole, rest = divmod(number, 10**decimals)
    return float(decimal_text(number, decimals)) if rest else whole


def written(number: int, decimals: int = 6) -> int | str:
    """The same for a request: an integer where it is whole, else its digits, so that none is lost."""
    whole, rest = divmod(number, 10**decimals)
    return decimal_text(number, decimals) if rest else whole


def subtotal_of(unit_price: int, quantity: int) -> int:
    """Price × quantity in minor units: the only rounding of a whole item or line (both in millionths)."""
    return divide(unit_price * quantity, MILLION * MILLION)


def _read(value: object, decimals: int) -> int:
    """The value times 10^decimals, which is whole: by its digits, whatever holds them."""
    scale: int = 10**decimals
    if isinstance(value, int) and not isinstance(value, bool):
        return value * scale
    if isinstance(value, float) and abs(value) >= MAX_DECIMAL:
        raise ValueError(
            f"must be below 10^9 to have decimals, else whole and without a point (it is {value})"
        )
    digits = str(value) if isinstance(value, float | str | Decimal) else ""
    if len(digits) > 60 or not _NUMBER.fullmatch(digits):
        raise ValueError(f"must be a number (it is {str(value)[:40]!r})")
    try:
        exact = _EXACT.quantize(Decimal(digits), Decimal(f"1e-{decimals}"))
    except Inexact:
        raise ValueError(f"must have at most {decimals} decimals (it is {value})") from None
    except InvalidOperation:
        raise ValueError(f"is too large (it is {digits[:40]})") from None
    return int(_EXACT.scaleb(exact, decimals))
