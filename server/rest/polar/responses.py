"""Orders as Polar shows them. What Polar has and we do not is null, 0 or empty."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from typing import Any

from invoicing.decimals import MILLION, decimal_text
from invoicing.money import portion
from invoicing.storage.tables import OrderItem
from invoicing.stored_snapshot import read_period
from invoicing.vat.arithmetic import Totals
from resolvers.order_history import OrderHistory
from server.rest.polar.responses_customers import address, customer, guest, metadata

_UNUSED: Mapping[str, Any] = MappingProxyType(
    {
        "applied_balance_amount": 0,
        "billing_reason": "purchase",
        "product_id": None,
        "product": None,
        "discount_id": None,
        "subscription_id": None,
        "subscription": None,
        "checkout_id": None,
        "seats": None,
        "units": None,
        "receipt_number": None,
        "next_payment_attempt_at": None,
    }
)
_UNUSED_BY_MERCHANTS: Mapping[str, Any] = MappingProxyType(
    {"platform_fee_amount": 0, "platform_fee_currency": None, "discount": None, "custom_field_data": {}}
)


def customers_order(history: OrderHistory) -> dict[str, Any]:
    """An order, for its customer."""
    return _order(history)


def merchants_order(history: OrderHistory) -> dict[str, Any]:
    """An order, for the merchant."""
    return {
        **_order(history),
        **_UNUSED_BY_MERCHANTS,
        "metadata": metadata(history.order.meta),
        "customer": customer(history.customer) if history.customer else guest(history.order),
    }


def _order(history: OrderHistory) -> dict[str, Any]:
    order, invoice = history.order, history.invoice
    return {
        **_UNUSED,
        **_amounts(history),
        "id": order.id,
        "created_at": order.created_at,
        "modified_at": order.updated_at,
        "paid": history.is_paid,
        "currency": order.currency.lower(),
        "billing_name": history.buyer.name,
        "billing_address": address(history.buyer.address),
        "invoice_number": invoice.number if invoice else None,
        "is_invoice_generated": invoice is not None and invoice.pdf_key is not None,
        "customer_id": order.customer_id or "",
        "user_id": order.customer_id or "",
        "description": f"Order {order.number}",
    }


def _amounts(history: OrderHistory) -> dict[str, Any]:
    """Without VAT, and without the items that undo others: Polar counts what went back as refunded."""
    full, totals = history.totals_without_discounts, history.totals
    refunded = min(history.refunded, max(totals.total, 0))
    return {
        **_refunds(history, refunded, totals),
        "status": _status(history, refunded, totals.total),
        "subtotal_amount": full.total_ex_vat,
        "discount_amount": full.total_ex_vat - totals.total_ex_vat,
        "net_amount": totals.total_ex_vat,
        "tax_amount": totals.total_vat,
        "total_amount": totals.total,
        "due_amount": totals.total,
        "items": [
            {
                **_item(item),
                "created_at": history.order.created_at,
                "amount": undiscounted.net,
                "tax_amount": taxed.vat,
            }
            for item, undiscounted, taxed in zip(history.sold, full.lines, totals.lines, strict=True)
        ],
    }


def _item(item: OrderItem) -> dict[str, Any]:
    period = read_period(item.service_period)
    return {
        "id": item.id,
        "modified_at": None,
        "label": item.name if item.quantity == MILLION else f"{decimal_text(item.quantity)} × {item.name}",
        "proration": False,
        "product_price_id": None,
        "start_timestamp": _midnight(period.start) if period else None,
        "end_timestamp": _midnight(period.end + timedelta(days=1)) if period else None,
    }


def _midnight(day: date) -> datetime:
    """In UTC, the time zone of all instants here."""
    return datetime.combine(day, time(), UTC)


def _refunds(history: OrderHistory, refunded: int, totals: Totals) -> dict[str, int]:
    """What went back and what still can, each shared out between net and VAT; together at most the total."""
    left = max(min(history.refundable, totals.total - refunded), 0)
    tax_of_both, tax = (
        portion(amount, totals.total_vat, totals.total) if amount else 0
        for amount in (refunded + left, refunded)
    )
    return {
        "refunded_amount": refunded - tax,
        "refunded_tax_amount": tax,
        "refundable_amount": left - (tax_of_both - tax),
        "refundable_tax_amount": tax_of_both - tax,
    }


def _status(history: OrderHistory, refunded: int, total: int) -> str:
    if not history.is_paid:
        return "pending"
    if refunded == 0:
        return "paid"
    return "refunded" if refunded == total else "partially_refunded"
