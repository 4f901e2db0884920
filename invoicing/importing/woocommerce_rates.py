"""The VAT rates of amounts, of which an export says only the VAT in money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from invoicing.decimals import read_percentage
from invoicing.importing.numbers import NoNumber, plain_number
from invoicing.importing.sale import ShopTerms, Unclear
from invoicing.vat.arithmetic import WHOLE

_LIKELY = [*range(5_000, 300_001, 5_000), 21_000, 26_000, 38_000, 48_000, 81_000]
"""The rates of VAT that there are: multiples of half a percent, and those of France and Switzerland."""


@dataclass(frozen=True, slots=True)
class Untold:
    """An amount without VAT, its VAT in minor units, and its rate; what the export does not say is None."""

    net: Fraction
    tax: Fraction | None
    told: str | None = None


def rates_of(amounts: Sequence[Untold], terms: ShopTerms) -> list[int]:
    """The rate of each amount, in ten-thousandths of a percent, which gives its VAT but for the rounding.

    Several rates give the VAT of a small amount: then it is the account's, or the one of another amount of
    the order. Unclear if that leaves none, or several. What was given away has the highest of the others.
    """
    possible = [_possible(each, terms) if each.net or each.tax else None for each in amounts]
    known = {terms.rate}.union(*(rates for rates in possible if rates is not None and len(rates) == 1))
    found = [None if rates is None else _only(rates, terms.rate, known) for rates in possible]
    highest = max((rate for rate in found if rate is not None), default=terms.rate)
    return [highest if rate is None else rate for rate in found]


def _possible(amount: Untold, terms: ShopTerms) -> set[int]:
    if amount.told is not None:
        return {_told(amount.told, terms)}
    if not amount.tax:
        return {0}
    return {rate for rate in (terms.rate, *_LIKELY) if _gives(rate, amount)}


def _only(rates: set[int], accounts: int, known: set[int]) -> int:
    if accounts in rates:
        return accounts
    left = rates & known if len(rates) > 1 else rates
    if len(left) == 1:
        return next(iter(left))
    raise Unclear(
        "vat_rates_unclear",
        "The rate does not follow from an amount and its VAT: add the column Item Tax Rate to the export, or "
        "say the rate with --vat-rate.",
    )


def _gives(rate: int, amount: Untold) -> bool:
    """Whether the VAT is that of the rate. Both are rounded to a minor unit, or have more decimals."""
    tax = amount.tax or Fraction(0)
    is_rounded = amount.net.denominator == tax.denominator == 1
    most = Fraction(1, 2) + Fraction(rate, 2 * WHOLE) if is_rounded else Fraction(1, 10)
    return abs(amount.net * rate / WHOLE - tax) <= most


def _told(told: str, terms: ShopTerms) -> int:
    try:
        digits, sign = plain_number(told, terms.decimals)
        if sign not in ("", "%"):
            raise NoNumber
        return read_percentage(digits)
    except ValueError:
        message = f"Item Tax Rate must be a percentage (it is “{told[:40]}”)."
        raise Unclear("invalid_vat_rate", message) from None
