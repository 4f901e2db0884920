"""What the commands of customers take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Required, TypedDict

from invoicing.checks import AddressValues, ElectronicAddressValues


class _CustomerValues(TypedDict, total=False):
    id: str | None
    handle: str | None
    legal_name: str | None
    email: str | None
    phone_number: str | None
    contact_name: str | None
    is_business: bool | None
    vat_number: str | None
    registration_number: str | None
    iban: str | None
    bic: str | None
    electronic_address: ElectronicAddressValues | None
    locale: str | None
    buyer_reference: str | None
    payment_terms_days: int | None
    billing_address: AddressValues | None
    shipping_address: AddressValues | None
    meta: Mapping[str, Any] | None


class CreateCustomerValues(_CustomerValues, total=False):
    name: Required[str]
    idempotency_key: str | None


class UpdateCustomerValues(_CustomerValues, total=False):
    name: str | None
