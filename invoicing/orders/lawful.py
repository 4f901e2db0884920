"""Whether an order's items may be sold on an invoice: what the law wants it to say must be known. Pure.

A contra item is not stopped: a credit invoice repeats what its invoice said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from invoicing.accounts.completeness import seller_incomplete
from invoicing.errors import InvoicingError, SellerIncomplete, VatTreatmentNotAllowed
from invoicing.storage.tables import Account, Customer, Order, OrderItem
from invoicing.vat.categories import Category
from invoicing.vat.countries import country_of
from invoicing.vat.treatment import Treatment, first_breach

RULED = (Category.AE, Category.K, Category.G)
"""The categories that an item may be forbidden to have."""


@dataclass(frozen=True)
class Parties:
    """Who sells and who buys. A guest's order has no customer."""

    seller: Account
    customer: Customer | None

    @cached_property
    def incomplete(self) -> SellerIncomplete | None:
        """Why the seller can issue nothing yet: found once, whatever the number of items."""
        return seller_incomplete(self.seller)


def unlawful(order: Order, item: OrderItem, parties: Parties) -> InvoicingError | None:
    """Why the item may not be sold on an invoice, or None if it may. As SQL: lawful_sql.is_lawful."""
    if item.contra_of is not None:
        return None
    if parties.incomplete is not None:
        return parties.incomplete
    return treatment_refusal(_treatment(order, item, parties)) if item.vat_category in RULED else None


def treatment_refusal(given: Treatment) -> VatTreatmentNotAllowed | None:
    """The error for the first rule that an invoice so treated would break; None if it breaks none."""
    if (breach := first_breach(given)) is None:
        return None
    return VatTreatmentNotAllowed(breach.message, field=breach.field, more={"rule": breach.rule})


def has_supply_date(order: Order, item: OrderItem) -> bool:
    """Whether it is known when the item is supplied (BT-72, BG-14)."""
    known = item.shipped_at, item.service_period, order.delivery_date
    return any(each is not None for each in known)


def goes_with_goods(item: OrderItem) -> bool:
    """Whether it is goods, or shipping or a fee, which follow the order's goods. As SQL: lawful_sql."""
    return item.supply == "GOODS" or item.type != "PRODUCT"


def sold_together(order: Order, ready: Sequence[OrderItem]) -> list[OrderItem]:
    """The items of an order that go on the same invoice first.

    What is outside the scope of VAT stands alone, later (BR-O-11). With a supply within the EU only what has
    a date of supply goes, or the invoice would have none (BR-IC-11).
    """
    within = [item for item in ready if item.vat_category != Category.O] or list(ready)
    if all(item.vat_category != Category.K for item in within):
        return within
    return [item for item in within if has_supply_date(order, item)]


def buyer_vat_country(orders: Iterable[Order], number: str | None, customer: Customer | None) -> str | None:
    """The country of the buyer's VAT number: of the orders' own, or of the customer's."""
    own = [
        order.vat_country for order in orders if order.vat_number is not None and order.vat_number == number
    ]
    if own:
        return own[0]
    return customer.vat_country if customer else None


def _treatment(order: Order, item: OrderItem, parties: Parties) -> Treatment:
    customer = parties.customer
    own = (customer.billing_address or customer.shipping_address) if customer else None
    return Treatment(
        categories=[item.vat_category],
        goods_under=[item.vat_category] if goes_with_goods(item) else [],
        seller_vat_country=parties.seller.vat_country,
        buyer_vat_country=buyer_vat_country([order], order.vat_number, customer),
        buyer_registration_number=customer.registration_number if customer else None,
        buyer_country=country_of(order.billing_address or own),
        ship_to_country=country_of(_shipped_to(order, customer)),
        has_supply_date=has_supply_date(order, item),
    )


def _shipped_to(order: Order, customer: Customer | None) -> Mapping[str, Any] | None:
    return order.shipping_address or (customer.shipping_address if customer else None)
