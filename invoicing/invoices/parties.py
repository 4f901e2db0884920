"""Seller, buyer and recipient as the invoice names them, and the seller's branding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from invoicing.orders.lawful import treatment_refusal
from invoicing.snapshot import Address, Branding, ElectronicAddress, Logo, OrderReference, Party, Snapshot
from invoicing.storage.tables import Account, Customer, Order
from invoicing.vat.treatment import Treatment


def agreed(values: Sequence[Any]) -> Any:
    """The one value that all orders with a value have; None if they differ."""
    given = [value for value in values if value]
    return given[0] if given and all(value == given[0] for value in given) else None


def seller_of(seller: Account) -> Party:
    return Party(
        name=seller.name,
        legal_name=seller.legal_name,
        address=Address(**seller.address),
        vat_number=seller.vat_number,
        tax_number=seller.tax_number,
        registration_number=seller.registration_number,
        email=seller.email,
        phone_number=seller.phone_number,
        contact_name=seller.contact_name,
        iban=seller.iban,
        bic=seller.bic,
        electronic_address=_electronic(seller.electronic_address),
    )


def branding_of(seller: Account) -> Branding:
    return Branding(
        logo=None if seller.logo is None else Logo(**seller.logo),
        accent_color=seller.accent_color,
        footer=seller.footer,
        terms=seller.terms,
        paper_size=seller.paper_size,
        tax_name=seller.tax_name,
    )


def buyer_of(covered: Sequence[Order], customer: Customer | None) -> Party:
    """The orders' own billing details where they agree, else the customer's."""
    name = agreed([order.billing_name for order in covered])
    address = agreed([order.billing_address for order in covered])
    reference = agreed([order.buyer_reference for order in covered])
    number = agreed([order.vat_number for order in covered])
    if customer is None:
        return Party(
            name=name,
            address=Address(**(address or {})),
            vat_number=number,
            is_business=number is not None,
            reference=reference,
        )
    buyer = _billed(customer, name, address, reference)
    return buyer if number is None else replace(buyer, vat_number=number)


def billed_to(customer: Customer, address: Mapping[str, Any] | None) -> Party:
    """The customer, at another billing address if there is one.

    The address's organisation replaces the buyer's name. Its person's name does so for a private customer;
    for a business it becomes the contact. Everything else, such as the VAT number, stays the customer's.
    """
    given = address or {}
    person = given.get("name")
    buyer = _billed(
        customer, given.get("organisation") or (None if customer.is_business else person), given, None
    )
    if person is None:
        return buyer
    return replace(buyer, contact_name=person if person != buyer.name else None)


def _billed(
    customer: Customer, name: str | None, address: Mapping[str, Any] | None, reference: str | None
) -> Party:
    own = customer.billing_address or customer.shipping_address or {}
    return Party(
        name=name or customer.name,
        legal_name=customer.legal_name,
        address=Address(**(address or own)),
        vat_number=customer.vat_number,
        registration_number=customer.registration_number,
        email=customer.email,
        phone_number=customer.phone_number,
        contact_name=customer.contact_name,
        iban=customer.iban,
        bic=customer.bic,
        is_business=customer.is_business,
        reference=reference or customer.buyer_reference,
        electronic_address=_electronic(customer.electronic_address),
    )


def _electronic(address: Mapping[str, str] | None) -> ElectronicAddress | None:
    return ElectronicAddress(**address) if address else None


def shipping_address_of(covered: Sequence[Order], customer: Customer | None) -> Address | None:
    given = [order.shipping_address for order in covered]
    own = customer.shipping_address if customer and not any(given) else None
    address = agreed(given) or own
    return Address(**address) if address else None


def check_treatment(snapshot: Snapshot, seller: Account, buyer_vat_country: str | None) -> None:
    """Refuses VAT categories that the whole invoice may not have, between the parties that it names."""
    shipping = snapshot.shipping_address
    treatment = Treatment(
        categories={line.vat_category for line in snapshot.lines},
        goods_under={line.vat_category for line in snapshot.lines if line.supply == "GOODS"},
        seller_vat_country=seller.vat_country,
        buyer_vat_country=buyer_vat_country,
        buyer_registration_number=snapshot.buyer.registration_number,
        buyer_country=snapshot.buyer.address.country_code,
        ship_to_country=shipping.country_code if shipping else None,
        has_supply_date=snapshot.delivery_date is not None or snapshot.service_period is not None,
    )
    if (refusal := treatment_refusal(treatment)) is not None:
        raise refusal


def reference(order: Order) -> OrderReference:
    return OrderReference(
        id=order.id,
        number=order.number,
        purchase_order_number=order.purchase_order_number,
        delivery_date=order.delivery_date,
    )
