"""Charges and refunds with default values, of which a test names only those that matter to it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from gateways.protocol import Charge, Refund


def charge(**values: Any) -> Charge:
    defaults: dict[str, Any] = {
        "id": "payment-1",
        "account_id": "account-1",
        "amount": 2_499,
        "currency": "EUR",
        "method": "approve",
        "customer": None,
        "description": "Invoice 2025-00001",
        "created_at": datetime.now(UTC),
    }
    return Charge(**{**defaults, **values})


def refund(of: str | None, **values: Any) -> Refund:
    defaults: dict[str, Any] = {
        "id": "refund-1",
        "account_id": "account-1",
        "charge": of,
        "amount": 2_499,
        "currency": "EUR",
        "created_at": datetime.now(UTC),
    }
    return Refund(**{**defaults, **values})
