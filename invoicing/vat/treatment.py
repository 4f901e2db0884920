"""Whether an invoice may treat VAT as its lines say (EN 16931 BR-AE, BR-IC, BR-G, BR-O; 2006/112/EC).

Pure: what the invoice would say in, the rules that it would break out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from invoicing.vat.categories import Category
from invoicing.vat.numbers import EU_COUNTRIES


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """What decides how an invoice may treat VAT. Countries are ISO 3166-1 alpha-2 codes."""

    categories: Collection[str]
    goods_under: Collection[str]
    """Those of the categories under which goods are sold, not services alone."""
    seller_vat_country: str | None
    """The country of the seller's VAT number; None without a number."""
    buyer_vat_country: str | None
    buyer_registration_number: str | None
    buyer_country: str | None
    ship_to_country: str | None
    has_supply_date: bool


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule that the invoice would break: the rule's name, the field to fill in or correct, and why."""

    rule: str
    field: str
    message: str
    category: str


def first_breach(given: Treatment) -> Breach | None:
    """The first rule that is broken, or None where the treatment is allowed."""
    return next(breaches(given), None)


def breaches(given: Treatment) -> Iterator[Breach]:
    """Every rule that is broken, in the order of the categories."""
    for category, rules in _RULES.items():
        if category in given.categories:
            for rule in rules:
                if (found := rule(given)) is not None:
                    yield found
    if Category.O in given.categories and len(set(given.categories)) > 1:
        yield Breach(
            "BR-O-11",
            "items",
            "Category O (outside the scope of VAT) stands alone: no other category is on the same invoice.",
            Category.O,
        )


def _seller_has_vat_number(rule: str, category: Category) -> Callable[[Treatment], Breach | None]:
    def check(given: Treatment) -> Breach | None:
        if given.seller_vat_country:
            return None
        return Breach(
            rule,
            "account.vat_number",
            f"Category {category} needs the seller's VAT number: set it with updateAccount.",
            category,
        )

    return check


def _buyer_is_identified(given: Treatment) -> Breach | None:
    """BR-AE-02: the buyer who accounts for the VAT has a VAT number or a registration number."""
    if given.buyer_vat_country or given.buyer_registration_number:
        return None
    return Breach(
        "BR-AE-02",
        "customer.vat_number",
        "Category AE (reverse charge) needs the buyer's VAT number or registration number.",
        Category.AE,
    )


def _buyer_has_vat_number(given: Treatment) -> Breach | None:
    if given.buyer_vat_country:
        return None
    return Breach(
        "BR-IC-02",
        "customer.vat_number",
        "Category K (supply within the EU) needs the buyer's VAT number.",
        Category.K,
    )


def _buyer_is_in_another_member_state(given: Treatment) -> Breach | None:
    """Article 138: the buyer is identified for VAT in a member state that is not the seller's."""
    country = given.buyer_vat_country
    if country is None or (country in EU_COUNTRIES and country != given.seller_vat_country):
        return None
    return Breach(
        "2006/112/EC art. 138",
        "customer.vat_number",
        f"Category K is for a buyer with a VAT number of another EU member state; this one is of {country}.",
        Category.K,
    )


def _supply_is_dated(given: Treatment) -> Breach | None:
    if given.has_supply_date:
        return None
    return Breach(
        "BR-IC-11",
        "delivery_date",
        "Category K needs a date or a period of supply: ship the items, or give a delivery_date or a "
        "service_period.",
        Category.K,
    )


def _goes_to_another_member_state(given: Treatment) -> Breach | None:
    """Article 138: the goods leave the seller's member state for another. GB may be Northern Ireland."""
    country = given.ship_to_country or given.buyer_country
    field = "shipping_address.country_code"
    if country is None:
        return Breach("BR-IC-12", field, "Category K needs the country that the supply goes to.", Category.K)
    if country in EU_COUNTRIES and country != given.seller_vat_country:
        return None
    if country == "GB" and given.buyer_vat_country == "XI":
        return None
    return Breach(
        "2006/112/EC art. 138",
        field,
        f"Category K needs a delivery in another EU member state; this one goes to {country}.",
        Category.K,
    )


def _leaves_the_eu(given: Treatment) -> Breach | None:
    """Article 146: the goods leave the EU; of services, they or the buyer are outside it.

    Where goods go to is known by the delivery address, and only without one by the buyer's.
    """
    field, destination = "shipping_address.country_code", given.ship_to_country
    if destination in EU_COUNTRIES and Category.G in given.goods_under:
        return Breach(
            "2006/112/EC art. 146",
            field,
            f"Category G (export) needs goods that leave the EU; these are delivered in {destination}.",
            Category.G,
        )
    known = [country for country in (destination, given.buyer_country) if country]
    if any(country not in EU_COUNTRIES for country in known):
        return None
    where = f"both are in the EU ({', '.join(known)})" if known else "no country is known of either"
    return Breach(
        "2006/112/EC art. 146",
        field,
        f"Category G (export) needs a buyer or a delivery address outside the EU; {where}.",
        Category.G,
    )


_RULES: dict[Category, tuple[Callable[[Treatment], Breach | None], ...]] = {
    Category.AE: (_seller_has_vat_number("BR-AE-02", Category.AE), _buyer_is_identified),
    Category.K: (
        _seller_has_vat_number("BR-IC-02", Category.K),
        _buyer_has_vat_number,
        _buyer_is_in_another_member_state,
        _supply_is_dated,
        _goes_to_another_member_state,
    ),
    Category.G: (_seller_has_vat_number("BR-G-02", Category.G), _leaves_the_eu),
}
