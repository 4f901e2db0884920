"""What the commands that move money take."""

from __future__ import annotations

from datetime import date, datetime
from typing import Required, TypedDict


class ManualTransferValues(TypedDict, total=False):
    method: Required[str]
    payment_date: Required[date]
    comment: str | None
    reference: str | None


class RecordPaymentValues(TypedDict, total=False):
    order_id: str | None
    invoice_id: str | None
    amount: Required[int]
    currency: str | None
    method: Required[str]
    reference: str | None
    comment: str | None
    paid_at: datetime | None
    idempotency_key: Required[str]


class RefundPaymentValues(TypedDict, total=False):
    amount: int | None
    manual_transfer: ManualTransferValues | None
    reference: str | None
    comment: str | None
    idempotency_key: Required[str]
