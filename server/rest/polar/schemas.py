"""What Polar's objects are, as JSON Schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from server.rest.facade import Schema
from server.rest.polar.addresses import WORDS

_TEXT = {"type": "string"}
_OR_NULL = {"type": ["string", "null"]}
_NULL = {"type": "null"}
_FLAG = {"type": "boolean"}
_MOMENT = {"type": "string", "format": "date-time"}
_OR_NO_MOMENT = {"type": ["string", "null"], "format": "date-time"}
_AMOUNT = {"type": "integer", "description": "In minor units."}
_METADATA = {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _object(*optional: str, **properties: Mapping[str, Any]) -> dict[str, Any]:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, **({"required": required} if required else {})}


def _error(name: str) -> dict[str, Any]:
    return _object(error={"const": name}, detail=_TEXT)


_ADDRESS_OR_NULL = {"anyOf": [_ref("PolarAddress"), _NULL]}
_AMOUNTS = (
    "subtotal_amount discount_amount net_amount tax_amount total_amount applied_balance_amount due_amount "
    "refunded_amount refunded_tax_amount"
)
_NEVER = "product_id product discount_id subscription_id subscription checkout_id seats"
_ORDER: Mapping[str, Any] = {
    "id": _TEXT,
    "created_at": _MOMENT,
    "modified_at": _OR_NO_MOMENT,
    "status": {"enum": ["pending", "paid", "refunded", "partially_refunded"]},
    "paid": _FLAG,
    **dict.fromkeys(_AMOUNTS.split(), _AMOUNT),
    "currency": {"type": "string", "description": "ISO 4217, in lower case."},
    "billing_reason": {"const": "purchase"},
    "billing_name": _OR_NULL,
    "billing_address": _ADDRESS_OR_NULL,
    "invoice_number": {"type": "string", "description": "Of the newest invoice; empty before there is one."},
    "is_invoice_generated": {"type": "boolean", "description": "Whether its PDF is there."},
    "customer_id": {"type": "string", "description": "Empty on a guest's order."},
    "user_id": {"type": "string", "deprecated": True},
    **dict.fromkeys(_NEVER.split(), _NULL),
    "items": {"type": "array", "items": _ref("PolarOrderItem")},
    "description": _TEXT,
}
_PAGINATION = _object(total_count={"type": "integer"}, max_page={"type": "integer"})

SCHEMAS: Mapping[str, Schema] = {
    "PolarCustomerOrder": _object(**_ORDER, next_payment_attempt_at=_NULL),
    "PolarOrder": _object(
        **_ORDER,
        metadata=_METADATA,
        platform_fee_amount=_AMOUNT,
        platform_fee_currency=_NULL,
        discount=_NULL,
        custom_field_data={"type": "object"},
        customer=_ref("PolarCustomer"),
    ),
    "PolarCustomerOrders": _object(
        items={"type": "array", "items": _ref("PolarCustomerOrder")}, pagination=_PAGINATION
    ),
    "PolarOrders": _object(items={"type": "array", "items": _ref("PolarOrder")}, pagination=_PAGINATION),
    "PolarOrderItem": _object(
        id=_TEXT,
        created_at=_MOMENT,
        modified_at=_OR_NO_MOMENT,
        label=_TEXT,
        amount=_AMOUNT,
        tax_amount=_AMOUNT,
        proration=_FLAG,
        product_price_id=_NULL,
    ),
    "PolarOrderInvoice": _object(url={"type": "string", "format": "uri"}),
    "PolarOrderUpdate": _object(
        "billing_name", "billing_address", billing_name=_OR_NULL, billing_address=_ADDRESS_OR_NULL
    ),
    "PolarAddress": _object(
        *(set(WORDS.values()) - {"country"}),
        country={"type": "string", "description": "ISO 3166-1 alpha-2."},
        **{name: _OR_NULL for name in WORDS.values() if name != "country"},
    ),
    "PolarCustomer": _object(
        id=_TEXT,
        created_at=_MOMENT,
        modified_at=_OR_NO_MOMENT,
        metadata=_METADATA,
        external_id=_OR_NULL,
        email=_TEXT,
        email_verified=_FLAG,
        name=_OR_NULL,
        billing_address=_ADDRESS_OR_NULL,
        tax_id={"type": ["array", "null"], "items": _OR_NULL},
        organization_id=_TEXT,
        deleted_at=_NULL,
        avatar_url=_TEXT,
    ),
    "PolarCustomerSessionCreate": {
        **_object(
            "customer_id",
            "external_customer_id",
            "return_url",
            customer_id=_TEXT,
            external_customer_id=_TEXT,
            return_url=_OR_NULL,
        ),
        "oneOf": [{"required": ["customer_id"]}, {"required": ["external_customer_id"]}],
    },
    "PolarCustomerSession": _object(
        id=_TEXT,
        created_at=_MOMENT,
        modified_at=_OR_NO_MOMENT,
        token=_TEXT,
        expires_at=_MOMENT,
        return_url=_OR_NULL,
        customer_portal_url=_TEXT,
        customer_id=_TEXT,
        customer=_ref("PolarCustomer"),
    ),
    "PolarResourceNotFound": _error("ResourceNotFound"),
    "PolarNotPaidOrder": _error("NotPaidOrder"),
    "PolarMissingInvoiceBillingDetails": _error("MissingInvoiceBillingDetails"),
    "PolarRefused": _object(error=_TEXT, detail=_TEXT),
    "PolarUnauthorized": _object(
        "detail", "error_description", error=_TEXT, detail=_TEXT, error_description=_TEXT
    ),
    "PolarInsufficientScope": _object(error={"const": "insufficient_scope"}, error_description=_TEXT),
    "PolarValidationError": _object(
        detail={
            "type": "array",
            "items": _object(
                loc={"type": "array", "items": {"type": ["string", "integer"]}}, msg=_TEXT, type=_TEXT
            ),
        }
    ),
}
