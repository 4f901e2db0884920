"""Orders and customers as Polar shows them. What it has and we have not is null, 0 or empty."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from invoicing.money import portion
from invoicing.orders.items import counted, sold, taxable, totals
from invoicing.storage.tables import Customer, Order
from invoicing.vat import arithmetic
from server.rest.polar import addresses
from server.rest.polar.order_report import Known

_NEVER: Mapping[str, Any] = MappingProxyType(
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
_NEVER_TO_MERCHANTS: Mapping[str, Any] = MappingProxyType(
    {"platform_fee_amount": 0, "platform_fee_currency": None, "discount": None, "custom_field_data": {}}
)


def customers_order(known: Known) -> dict[str, Any]:
    """An order, to its customer."""
    return {**_order(known), "next_payment_attempt_at": None}


def merchants_order(known: Known) -> dict[str, Any]:
    """An order, to the merchant."""
    return {
        **_order(known),
        **_NEVER_TO_MERCHANTS,
        "metadata": _metadata(known.order.meta),
        "customer": customer(known.customer) if known.customer else _guest(known),
    }


def customer(row: Customer) -> dict[str, Any]:
    return {
        "id": row.id,
        "created_at": row.created_at,
        "modified_at": row.updated_at,
        "metadata": _metadata(row.meta),
        "external_id": row.handle,
        "email": row.email or "",
        "email_verified": False,
        "name": row.name,
        "billing_address": addresses.shown(row.billing_address),
        "tax_id": [row.vat_number, None] if row.vat_number else None,
        "organization_id": row.account_id,
        "deleted_at": None,
        "avatar_url": "",
    }


def _guest(known: Known) -> dict[str, Any]:
    """Nobody in particular: Polar's clients cannot read an order without a customer."""
    order = known.order
    return {
        "id": "",
        "created_at": order.created_at,
        "modified_at": order.updated_at,
        "metadata": {},
        "external_id": None,
        "email": (order.billing_address or {}).get("email", ""),
        "email_verified": False,
        "name": order.billing_name,
        "billing_address": addresses.shown(order.billing_address),
        "tax_id": None,
        "organization_id": order.account_id,
        "deleted_at": None,
        "avatar_url": "",
    }


def _order(known: Known) -> dict[str, Any]:
    order, invoice = known.order, known.invoice
    return {
        **_NEVER,
        **_amounts(known),
        "id": order.id,
        "created_at": order.created_at,
        "modified_at": order.updated_at,
        "paid": known.is_paid,
        "currency": order.currency.lower(),
        "billing_name": known.buyer.name,
        "billing_address": addresses.shown(known.buyer.address),
        "invoice_number": invoice.number if invoice else "",
        "is_invoice_generated": invoice is not None and invoice.pdf_key is not None,
        "customer_id": order.customer_id or "",
        "user_id": order.customer_id or "",
        "description": f"Order {order.number}",
    }


def _amounts(known: Known) -> dict[str, Any]:
    """Without VAT, and without what undoes items: Polar counts what went back as refunded."""
    order = known.order
    items = sold(counted(known.items))
    listed = _undiscounted(order, items)
    asked = totals(order, items)
    refunded = min(known.refunded, max(asked.total, 0))
    refunded_tax = portion(refunded, asked.total_vat, asked.total) if refunded else 0
    return {
        "status": _status(known, refunded, asked.total),
        "subtotal_amount": listed.total_ex_vat,
        "discount_amount": listed.total_ex_vat - asked.total_ex_vat,
        "net_amount": asked.total_ex_vat,
        "tax_amount": asked.total_vat,
        "total_amount": asked.total,
        "due_amount": asked.total,
        "refunded_amount": refunded - refunded_tax,
        "refunded_tax_amount": refunded_tax,
        "items": [
            {
                "id": item.id,
                "created_at": order.created_at,
                "modified_at": None,
                "label": item.name if item.quantity == 1 else f"{item.quantity} × {item.name}",
                "amount": before.net,
                "tax_amount": taxed.vat,
                "proration": False,
                "product_price_id": None,
            }
            for item, before, taxed in zip(items, listed.lines, asked.lines, strict=True)
        ],
    }


def _undiscounted(order: Order, items: list[Any]) -> arithmetic.Totals:
    """What the items would come to without their discounts."""
    full = [replace(taxable(item), discount=0) for item in items]
    return arithmetic.compute(full, including_vat=order.is_including_vat)


def _status(known: Known, refunded: int, total: int) -> str:
    if not known.is_paid:
        return "pending"
    if refunded == 0:
        return "paid"
    return "refunded" if refunded == total else "partially_refunded"


def _metadata(meta: Mapping[str, Any]) -> dict[str, Any]:
    """Polar's metadata are flat: what is nested is left out."""
    return {name: value for name, value in meta.items() if isinstance(value, str | int | float)}
