"""What issuing an invoice takes. What is missing is refused by its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypedDict

from invoicing.checks import AddressValues, PeriodValues
from invoicing.decimals import Number
from invoicing.payments.values import ManualTransferValues


class OrderLineValues(TypedDict, total=False):
    text: str
    amount: Number
    quantity: Number | None
    vat_rate: Number | None
    vat_category: str | None
    amount_incl_vat: bool | None
    unit: str | None
    discount: int | None
    sku: str | None
    description: str | None
    exemption_reason: str | None
    supply: str | None
    service_period: PeriodValues | None


class SettleValues(TypedDict, total=False):
    payment_method: str | None


class CreateInvoiceValues(TypedDict, total=False):
    customer_id: str | None
    customer_handle: str | None
    handle: str | None
    idempotency_key: str | None
    currency: str | None
    order_lines: Sequence[OrderLineValues]
    billing_address: AddressValues | None
    shipping_address: AddressValues | None
    cost_center: str | None
    purchase_order_number: str | None
    note: str | None
    due_on: date | None
    exchange_rate: str | None
    delivery_date: date | None
    service_period: PeriodValues | None
    meta: Mapping[str, Any] | None
    settle: SettleValues | None
    manual_transfer: ManualTransferValues | None


@dataclass(frozen=True, slots=True)
class IssueTerms:
    """What a caller may say of an invoice of orders; what is left out follows from the orders."""

    due_on: date | None = None
    exchange_rate: str | None = None


BY_DEFAULT = IssueTerms()
