"""The invoice in the response."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson

from invoicing import money
from invoicing.decimals import json_number
from resolvers.e_invoices import EInvoice
from resolvers.types import EInvoiceProblem, Issued

CREATED = "Invoice created successfully"


def created(invoice: Issued, order_id: str) -> dict[str, Any]:
    return {"success": True, "data": _invoice(invoice, order_id), "message": CREATED}


def e_invoices(made: Sequence[EInvoice]) -> dict[str, Any]:
    data = [
        {"format": each.format, "url": each.url, "problems": [_problem(found) for found in each.problems]}
        for each in made
    ]
    return {"success": True, "data": data}


def not_possible(made: EInvoice) -> dict[str, Any]:
    problems = [_problem(found) for found in made.problems]
    return {"success": False, "message": f"It cannot be made as {made.format}.", "problems": problems}


def _problem(problem: EInvoiceProblem) -> dict[str, Any]:
    return {"rule": problem.rule, "field": problem.field, "message": problem.message}


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
