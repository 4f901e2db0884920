"""Which of an order's taxes is on which item: Shopify says only what each tax comes to in the order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product

from invoicing.importing.sale import ShopTerms, Unclear
from invoicing.importing.shop_orders import Part, shown_rounded, untaxed_category
from invoicing.vat.arithmetic import WHOLE

_MOST_TRIED = 4_096
_Rates = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Tax:
    """A tax of the order: its rate in ten-thousandths of a percent, and what it comes to in minor units."""

    rate: int
    value: Fraction


def taxed(
    parts: Sequence[Part],
    is_taxable: Sequence[bool],
    taxes: Sequence[Tax],
    terms: ShopTerms,
    ship_to: str | None,
    *,
    including_vat: bool,
    currency: str,
) -> list[Part]:
    """The parts with their rates: the only ones by which each tax comes to what it is in the order.

    `is_taxable` is told of the goods, which come first. Unclear if no rates fit, or several.
    """
    taxable = [
        part
        for at, part in enumerate(parts)
        if part.type != "DISCOUNT" and part.amount and (at >= len(is_taxable) or is_taxable[at])
    ]
    amounts = _after_discounts(parts, taxable)
    if taxes or any(amounts):
        rates = _rates(taxable, amounts, taxes, including_vat=including_vat, currency=currency)
    else:
        rates = (terms.rate,) * len(taxable)  # all of it was given away
    found = {id(part): rate for part, rate in zip(taxable, rates, strict=True)}
    given = [_with_rate(part, found.get(id(part)), rates, terms, ship_to) for part in parts]
    goods = {(part.rate, part.category) for part in given if part.type == "PRODUCT"}
    if len(goods) != 1:
        return given
    ((rate, category),) = goods  # then a discount has the same
    return [
        replace(part, rate=rate, category=category) if part.type == "DISCOUNT" else part for part in given
    ]


def _with_rate(part: Part, rate: int | None, rates: _Rates, terms: ShopTerms, ship_to: str | None) -> Part:
    if part.type == "DISCOUNT":
        return part
    if rate is None and not part.amount:
        rate = max(rates, default=terms.rate)  # given away with the others
    if not rate:
        return replace(part, rate=0, category=untaxed_category(terms, ship_to))
    return replace(part, rate=rate)


def _after_discounts(parts: Sequence[Part], taxable: Sequence[Part]) -> list[Fraction]:
    """What each part comes to less its share of the order's discount, which belongs to the goods."""
    goods = sum((part.amount for part in parts if part.type == "PRODUCT"), Fraction(0))
    off = sum((part.amount for part in parts if part.type == "DISCOUNT"), Fraction(0))
    share = 1 + off / goods if goods else Fraction(1)
    return [part.amount * share if part.type == "PRODUCT" else part.amount for part in taxable]


def _rates(
    parts: Sequence[Part],
    amounts: Sequence[Fraction],
    taxes: Sequence[Tax],
    *,
    including_vat: bool,
    currency: str,
) -> _Rates:
    """One rate for all parts, or for all but shipping; all rates on each part; or each part its own."""
    if not taxes:
        return (0,) * len(parts)
    values: dict[int, Fraction] = {}
    for tax in taxes:
        values[tax.rate] = values.get(tax.rate, Fraction(0)) + tax.value
    one, together = next(iter(values)), sum(tax.rate for tax in taxes)
    all_taxes = sum(values.values(), Fraction(0))
    if len(values) == 1:
        for rates in ((one,) * len(parts), tuple(0 if part.type == "SHIPPING" else one for part in parts)):
            if _fits(amounts, rates, values, including_vat=including_vat):
                return rates
    if len(taxes) > 1 and _fits(
        amounts, (together,) * len(parts), {together: all_taxes}, including_vat=including_vat
    ):
        return (together,) * len(parts)
    if len(values) == 1:
        ours = _vat(amounts, one, including_vat=including_vat)
        raise Unclear(
            "vat_differs",
            f"At {one / 10_000:g} % the VAT would be {shown_rounded(ours, currency)}, but the file says "
            f"{shown_rounded(all_taxes, currency)}.",
        )
    tried = product(values, repeat=len(parts)) if len(values) ** len(parts) <= _MOST_TRIED else ()
    fitting = [rates for rates in tried if _fits(amounts, rates, values, including_vat=including_vat)]
    if len(fitting) != 1:
        raise _unclear(taxes, "in several ways" if fitting else "in no way")
    return fitting[0]


def _fits(
    amounts: Sequence[Fraction], rates: _Rates, values: Mapping[int, Fraction], *, including_vat: bool
) -> bool:
    """Whether each rate comes to its value on the amounts that have it, but for the rounding of each."""
    for rate, value in values.items():
        taxed = [amount for amount, each in zip(amounts, rates, strict=True) if each == rate]
        if abs(_vat(taxed, rate, including_vat=including_vat) - value) > Fraction(len(taxed) + 1, 2):
            return False
    return True


def _vat(amounts: Sequence[Fraction], rate: int, *, including_vat: bool) -> Fraction:
    return sum(amounts, Fraction(0)) * rate / (WHOLE + rate if including_vat else WHOLE)


def _unclear(taxes: Sequence[Tax], ways: str) -> Unclear:
    rates = ", ".join(f"{tax.rate / 10_000:g} %" for tax in taxes)
    return Unclear(
        "vat_rates_unclear",
        f"The file does not say which items have which of the rates {rates}, and the amounts fit {ways}: "
        f"import this order in the plain format, with the rate of each item.",
    )
