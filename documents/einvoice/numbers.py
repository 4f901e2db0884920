"""Amounts, rates, quantities and prices as they are written in XML: plain decimals with a point."""

from __future__ import annotations

from decimal import Context, Decimal

from invoicing.decimals import MILLION, decimal_text
from invoicing.money import divide

_PRICE = Context(prec=40)
_PRICE_DECIMALS = Decimal("1e-10")  # fewer break PEPPOL-EN16931-R120 where many pieces are sold
_MANY = 10**7 * MILLION  # pieces for which these are too few
_MORE_DECIMALS = Decimal("1e-14")
_WHOLE = 1_000_000  # a hundred percent in ten-thousandths of a percent


def amount_text(minor: int, decimals: int) -> str:
    """An amount in major units, with two decimals at most (BR-DEC): a third one, which is 0, is left out."""
    if decimals > 2:
        minor, decimals = minor // 10 ** (decimals - 2), 2
    if not decimals:
        return str(minor)
    digits = str(abs(minor)).zfill(decimals + 1)
    sign = "-" if minor < 0 else ""
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}"


def fits_two_decimals(minor: int, decimals: int) -> bool:
    """Whether nothing is lost of the amount when it is written."""
    return decimals <= 2 or minor % 10 ** (decimals - 2) == 0


def percentage_text(rate: int) -> str:
    """A rate in ten-thousandths of a percent as percent."""
    return decimal_text(rate, 4)


def without_vat(amount: int, rate: int) -> int:
    """The net of an amount that includes VAT, in whole minor units."""
    return divide(amount * _WHOLE, _WHOLE + rate)


def price_text(base: int, quantity: int, decimals: int) -> str:
    """The net price of a piece (BT-146) when `quantity` millionths of it come to `base` minor units."""
    if not quantity:
        return "0"
    price = _PRICE.divide(Decimal(base) * MILLION, Decimal(quantity) * 10**decimals)
    is_many = abs(quantity) > _MANY
    text = format(_PRICE.quantize(price, _MORE_DECIMALS if is_many else _PRICE_DECIMALS), "f")
    return text.rstrip("0").rstrip(".")


def comes_to(price: int, quantity: int, base: int, decimals: int) -> bool:
    """Whether price × quantity, both in millionths, is `base` but for two cents (PEPPOL-EN16931-R120).

    Where the smallest coin is a whole unit, the rounding alone may be more.
    """
    difference = abs(price * quantity - base * MILLION**2)
    return not difference or 100 * difference <= 2 * MILLION**2 * 10**decimals


def exact_price_text(price: int, decimals: int) -> str:
    """A unit price in millionths of a minor unit, in major units, with all its digits."""
    return decimal_text(price, 6 + decimals)
