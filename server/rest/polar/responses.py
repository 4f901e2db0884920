"""Orders as Polar shows them. What Polar has and we do not is null, 0 or empty."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from invoicing.decimals import MILLION, decimal_text
from invoicing.money import portion
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
    }
)
_UNUSED_BY_MERCHANTS: Mapping[str, Any] = MappingProxyType(
    {"platform_fee_amount": 0, "platform_fee_currency": None, "discount": None, "custom_field_data": {}}
)


def customers_order(history: OrderHistory) -> dict[str, Any]:
    """An order, for its customer."""
    return {**_order(history), "next_payment_attempt_at": None}


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
        "invoice_number": invoice.number if invoice else "",
        "is_invoice_generated": invoice is not None and invoice.pdf_key is not None,
        "customer_id": order.customer_id or "",
        "user_id": order.customer_id or "",
        "description": f"Order {order.number}",
    }


def _amounts(history: OrderHistory) -> dict[str, Any]:
    """Without VAT, and without the items that undo others: Polar counts what went back as refunded."""
    full, totals = history.totals_without_discounts, history.totals
    refunded = min(history.refunded, max(totals.total, 0))
    refunded_tax = portion(refunded, totals.total_vat, totals.total) if refunded else 0
    return {
        "status": _status(history, refunded, totals.total),
        "subtotal_amount": full.total_ex_vat,
        "discount_amount": full.total_ex_vat - totals.total_ex_vat,
        "net_amount": totals.total_ex_vat,
        "tax_amount": totals.total_vat,
        "total_amount": totals.total,
        "due_amount": totals.total,
        "refunded_amount": refunded - refunded_tax,
        "refunded_tax_amount": refunded_tax,
        "items": [
            {
                "id": item.id,
                "created_at": history.order.created_at,
                "modified_at": None,
                "label": item.name
                if item.quantity == MILLION
                else f"{decimal_text(item.quantity)} × {item.name}",
                "amount": undiscounted.net,
                "tax_amount": taxed.vat,
                "proration": False,
                "product_price_id": None,
            }
            for item, undiscounted, taxed in zip(history.sold, full.lines, totals.lines, strict=True)
        ],
    }


def _status(history: OrderHistory, refunded: int, total: int) -> str:
    if not history.is_paid:
        return "pending"
    if refunded == 0:
        return "paid"
    return "refunded" if refunded == total else "partially_refunded"
