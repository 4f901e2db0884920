"""What the exports of shops have in common: parts of an order that must come to the shop's total.

Amounts are minor units. They are fractions where a shop writes more decimals than its currency has.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

from babel import Locale

from invoicing.currencies import is_currency, minor_digits
from invoicing.decimals import MILLION, decimal_text
from invoicing.importing.numbers import Decimals, NoNumber, plain_number
from invoicing.importing.orders import UNIT_PRICE_IN_MINOR_UNITS
from invoicing.importing.sale import ExpectedTotals, Sale, ShopTerms, Unclear
from invoicing.money import divide, to_major
from invoicing.vat.arithmetic import WHOLE
from invoicing.vat.categories import Category
from invoicing.vat.numbers import EU_COUNTRIES

Row = Mapping[str, str]

_HANDLE = re.compile(r"[A-Za-z0-9_.@:-]{1,255}")


@dataclass(frozen=True, slots=True)
class Part:
    """An item of the order. `amount` is what it comes to after its own `discount`, priced as the order is.

    `rate` is in ten-thousandths of a percent; None on a DISCOUNT, which belongs to the goods. `place` is the
    line of the file that it is from.
    """

    place: int
    name: str
    amount: Fraction
    type: str = "PRODUCT"
    quantity: str = "1"
    discount: Fraction = Fraction(0)
    rate: int | None = None
    category: Category | None = None
    sku: str | None = None


def minor(row: Row, column: str, terms: ShopTerms, currency: str, place: int | None = None) -> Fraction:
    """The amount in a column, in minor units; zero if there is none."""
    digits = number(row, column, terms, place)
    return Fraction(f"{digits}e{minor_digits(currency)}")


def number(row: Row, column: str, terms: ShopTerms, place: int | None = None, default: str = "0") -> str:
    if column not in row:
        return default
    cell = row[column]
    try:
        # Shops write a decimal point; one that writes a comma is read where only one reading is possible.
        digits, sign = plain_number(cell, terms.decimals or (None if "," in cell else Decimals.POINT))
    except NoNumber as error:
        rule = error.rule or "must be a number"
        raise Unclear("unreadable_number", f"{column} {rule} (it is “{cell[:40]}”).", place) from None
    if sign:
        raise Unclear("unreadable_number", f"{column} must be a number (it is “{cell[:40]}”).", place)
    return digits


def currency_of(cell: str | None, terms: ShopTerms) -> str:
    currency = (cell or terms.currency).upper()
    if not is_currency(currency):
        raise Unclear("invalid_currency", f"“{currency[:40]}” is no ISO 4217 currency.")
    return currency


def shown(amount: Fraction, currency: str) -> str:
    """The amount as the file has it, also if it has more decimals than its currency."""
    if amount.denominator == 1:
        return shown_rounded(amount, currency)
    millionths = amount * MILLION
    digits = divide(millionths.numerator, millionths.denominator)
    return f"{decimal_text(digits, 6 + minor_digits(currency))} {currency}"


def shown_rounded(amount: Fraction, currency: str) -> str:
    return f"{to_major(_whole(amount), currency)} {currency}"


def untaxed_category(terms: ShopTerms, ship_to: str | None) -> Category:
    """Why the shop asked no VAT: what was told, or that the goods leave the EU. Unclear otherwise."""
    if terms.untaxed is not None:
        return terms.untaxed
    if ship_to is not None and terms.country in EU_COUNTRIES and ship_to not in EU_COUNTRIES:
        return Category.G
    raise Unclear(
        "no_vat",
        "The shop asked no VAT for this, and does not say why: say it with --untaxed Z, E, AE, K, G or O.",
    )


def sale_of(
    order: Mapping[str, str],
    parts: Sequence[Part],
    total: Fraction,
    vat: Fraction,
    *,
    including_vat: bool,
    currency: str,
) -> Sale:
    """The order in the plain columns; its amounts become whole so that they add up to the total.

    Unclear if they are further from it than by rounding. Prices without VAT become prices with VAT, unless
    they come to the same total as they are.
    """
    if not including_vat and _net_total(parts) != total:
        parts, including_vat = [_with_vat(part) for part in parts], True
    amounts = (
        _whole_amounts(parts, total, currency) if including_vat else [int(part.amount) for part in parts]
    )
    counted = [(part, amount) for part, amount in zip(parts, amounts, strict=True) if _counts(part, amount)]
    if not counted:
        raise Unclear("no_items", "The order has no items, and nothing that costs something.")
    rows = [{**_item_row(part, amount, currency), **order} for part, amount in counted]
    places = [part.place for part, _ in counted]
    return Sale(rows, places, including_vat, ExpectedTotals(int(total), _whole(vat), len(parts) + 1))


def _counts(part: Part, amount: int) -> bool:
    """Goods that are given away stay; shipping and discounts of nothing do not."""
    return part.type == "PRODUCT" or amount != 0 or part.discount != 0


def _net_total(parts: Sequence[Part]) -> Fraction | None:
    """What whole prices without VAT come to with it; None if one of them is not whole or has no rate."""
    nets: dict[tuple[int, Category | None], int] = {}
    for part in parts:
        if part.rate is None or any(each.denominator != 1 for each in (part.amount, part.discount)):
            return None
        nets[part.rate, part.category] = nets.get((part.rate, part.category), 0) + int(part.amount)
    return Fraction(sum(net + divide(net * rate, WHOLE) for (rate, _), net in nets.items()))


def _with_vat(part: Part) -> Part:
    if part.rate is None:
        raise Unclear(
            "total_differs",
            "The discount cannot be shared out: the goods have several rates, and prices without VAT.",
        )
    factor = Fraction(WHOLE + part.rate, WHOLE)
    return replace(part, amount=part.amount * factor, discount=part.discount * factor)


def _whole_amounts(parts: Sequence[Part], total: Fraction, currency: str) -> list[int]:
    """Each amount, rounded by largest remainder so that they add up to the total."""
    quoted = sum((part.amount for part in parts), Fraction(0))
    if abs(quoted - total) > Fraction(len(parts) + 1, 2) or total.denominator != 1:
        raise Unclear(
            "total_differs",
            f"The lines come to {shown(quoted, currency)} with VAT, but the file says a total of "
            f"{shown(total, currency)}.",
        )
    amounts = [part.amount.numerator // part.amount.denominator for part in parts]
    by_loss = sorted(range(len(parts)), key=lambda at: amounts[at] - parts[at].amount)
    missing = int(total) - sum(amounts)
    step = 1 if missing > 0 else -1
    order = by_loss if missing > 0 else by_loss[::-1]
    for at in range(abs(missing)):
        amounts[order[at % len(order)]] += step
    return amounts


def _item_row(part: Part, amount: int, currency: str) -> dict[str, str]:
    discount = _whole(part.discount)
    row = {"name": part.name, "item_type": part.type, "quantity": part.quantity}
    if part.sku is not None:
        row["sku"] = part.sku
    if part.rate is not None:
        row["vat_rate"] = decimal_text(part.rate, 4)
    if part.category is not None:
        row["vat_category"] = str(part.category)
    row[UNIT_PRICE_IN_MINOR_UNITS] = _unit_price(amount + discount, part.quantity)
    if discount:
        row["discount"] = str(to_major(discount, currency))
    return row


def _unit_price(subtotal: int, quantity: str) -> str:
    """A price in minor units, with up to six decimals, that comes to the subtotal for the quantity."""
    price = Fraction(subtotal * MILLION) / (Fraction(quantity) or 1)
    return decimal_text(divide(price.numerator, price.denominator))


def _whole(amount: Fraction) -> int:
    return divide(amount.numerator, amount.denominator)


def country_code(cell: str | None) -> str | None:
    """A country as ISO 3166-1, from the code or the English name."""
    if cell is None or len(cell) == 2:
        return cell
    return _countries().get(cell.casefold(), cell)


@lru_cache(1)
def _countries() -> dict[str, str]:
    names = Locale("en").territories
    return {name.casefold(): code for code, name in names.items() if len(code) == 2}


def handle_of(own: str | None, email: str | None = None) -> str | None:
    """A customer's handle: the shop's own id of them, or the address that they order with, in small letters.

    None if it has characters that a handle does not have.
    """
    handle = own or (email or "").casefold()
    return handle if _HANDLE.fullmatch(handle) else None
