"""The invoice in the response."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson

from invoicing import money
from invoicing.decimals import json_number
from resolvers.types import Issued

CREATED = "Invoice created successfully"


def created(invoice: Issued, order_id: str) -> dict[str, Any]:
    return {"success": True, "data": _invoice(invoice, order_id), "message": CREATED}


def _invoice(invoice: Issued, order_id: str) -> dict[str, Any]:
    """`total` is what is to be paid, in major units, as nowhere else."""
    return {
        "order": order_id,
        "entityId": str(invoice.sequence),
        "lineItems": [
            {"lineItemId": line.order_item_id, "quantity": json_number(line.quantity), "id": line.id}
            for line in invoice.frozen().lines
        ],
        "total": orjson.Fragment(str(money.to_major(invoice.due, invoice.currency))),
        "createdBy": {"id": invoice.actor_id, "name": invoice.actor_name, "type": invoice.actor_type},
        "metaFields": [],
        "createdAt": _instant(invoice.created_at),
        "updatedAt": _instant(invoice.created_at),
        "id": invoice.id,
    }


def _instant(at: datetime) -> str:
    return f"{at.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"
