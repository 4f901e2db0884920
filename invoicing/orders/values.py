"""What the commands of orders take. What is missing of an item is refused by its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Required, TypedDict

from invoicing.checks import AddressValues, PeriodValues
from invoicing.decimals import Number


class OrderItemValues(TypedDict, total=False):
    id: str | None
    type: str | None
    sku: str | None
    name: str
    description: str | None
    quantity: Number
    unit: str | None
    unit_price: Number
    discount: int | None
    vat_rate: Number | None
    vat_category: str | None
    exemption_reason: str | None
    supply: str | None
    service_period: PeriodValues | None


class UpdateOrderValues(TypedDict, total=False):
    id: str
    number: str | None
    billing_name: str | None
    billing_address: AddressValues | None
    vat_number: str | None
    shipping_address: AddressValues | None
    purchase_order_number: str | None
    buyer_reference: str | None
    delivery_date: date | None
    payment_terms_days: int | None
    meta: Mapping[str, Any] | None


class CreateOrderValues(TypedDict, total=False):
    id: str | None
    number: str | None
    customer_id: str | None
    customer_handle: str | None
    currency: str | None
    is_including_vat: bool | None
    invoice_after_shipment: bool | None
    billing_name: str | None
    billing_address: AddressValues | None
    vat_number: str | None
    shipping_address: AddressValues | None
    purchase_order_number: str | None
    buyer_reference: str | None
    delivery_date: date | None
    payment_terms_days: int | None
    meta: Mapping[str, Any] | None
    idempotency_key: str | None
    items: Required[Sequence[OrderItemValues]]
