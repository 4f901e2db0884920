"""What the commands of an account take."""

from __future__ import annotations

from typing import Required, TypedDict

from invoicing.checks import AddressValues, ElectronicAddressValues


class _AccountValues(TypedDict, total=False):
    legal_name: str | None
    address: AddressValues | None
    vat_number: str | None
    tax_number: str | None
    registration_number: str | None
    email: str | None
    phone_number: str | None
    contact_name: str | None
    iban: str | None
    bic: str | None
    electronic_address: ElectronicAddressValues | None
    default_currency: str | None
    tax_currency: str | None
    default_vat_rate: float | None
    locale: str | None
    timezone: str | None
    payment_terms_days: int | None
    payable_rounding: int | None
    invoice_number_format: str | None
    credit_number_format: str | None
    invoice_after_shipment: bool | None
    contra_flow: str | None


class CreateAccountValues(_AccountValues, total=False):
    name: Required[str]


class UpdateAccountValues(_AccountValues, total=False):
    name: str | None


class UpdateBrandingValues(TypedDict, total=False):
    logo: str | None
    accent_color: str | None
    footer: str | None
    terms: str | None
    paper_size: str | None
    tax_name: str | None
