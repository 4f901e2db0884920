"""`POST /invoices`: an invoice for an existing order, in the envelope of its system."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from invoicing import errors, money
from invoicing.errors import InvoicingError, NotFound, Unauthorized
from invoicing.invoices.queries import Issued
from resolvers import invoices
from server.contexts import Contexts
from server.rest.door import Facade
from server.rest.http import (
    BodyTooLarge,
    InternalError,
    MethodNotAllowed,
    UnsupportedMediaType,
    json_object,
    json_response,
    route,
)
from server.rest.json_body import Given, is_id
from server.rest.order_invoices.openapi import PATHS, SCHEMAS, SECURITY

PATH = "/invoices"
CREATED = "Invoice created successfully"
NOTHING_LEFT = "Nothing left to invoice: every item of the order that can be invoiced is"
FAILED = "An error occurred while creating the invoice"

TABLE: Mapping[type[InvoicingError], tuple[int, str | None]] = {
    errors.Unauthorized: (401, "Invalid or missing access token"),
    errors.Forbidden: (403, None),
    errors.NotFound: (404, "Order not found"),
    errors.NothingToInvoice: (
        400,
        NOTHING_LEFT,
    ),
    errors.ValidationError: (400, None),
    MethodNotAllowed: (405, None),
    BodyTooLarge: (413, None),
    UnsupportedMediaType: (415, None),
    InternalError: (500, FAILED),
    InvoicingError: (400, None),
}
"""Status and message; without a message, the refusal's own."""


def routes(contexts: Contexts) -> Sequence[Route]:
    async def create(request: Request) -> Response:
        ctx = await contexts.for_token(request, _token(request))
        order_id = _order_id(Given(await json_object(request)))
        issued = await invoices.invoice_order(ctx, order_id, None)
        return json_response({"success": True, "data": _shown(issued, order_id), "message": CREATED}, 201)

    return [route(PATH, refused, post=create)]


def refused(request: Request, refusal: InvoicingError) -> Response:
    status, message = next(TABLE[kind] for kind in type(refusal).__mro__ if kind in TABLE)
    return json_response({"success": False, "message": message or str(refusal)}, status)


def _token(request: Request) -> str:
    """`accessToken: Bearer <token>`, or the token alone."""
    given = request.headers.get("accesstoken", "").strip()
    scheme, _, token = given.partition(" ")
    found = token.strip() if scheme.lower() == "bearer" else given
    if not found:
        raise Unauthorized
    return found


def _order_id(given: Given) -> str:
    value = given.values.get("orderId")
    if value is None or value == "":
        raise errors.ValidationError("Validation error: orderId is required", field="orderId")
    if not isinstance(value, str):
        raise errors.ValidationError("Validation error: orderId must be a string", field="orderId")
    if not is_id(value):
        raise NotFound
    return value


def _shown(issued: Issued, order_id: str) -> dict[str, Any]:
    """`total` is in major units here, and nowhere else."""
    return {
        "order": order_id,
        "entityId": str(issued.sequence),
        "lineItems": [
            {"lineItemId": line.order_item_id, "quantity": line.quantity, "id": line.id}
            for line in issued.frozen().lines
        ],
        "total": orjson.Fragment(str(money.to_major(issued.total, issued.currency))),
        "createdBy": {"id": issued.actor_id, "name": issued.actor_name, "type": issued.actor_type},
        "metaFields": [],
        "createdAt": _instant(issued.created_at),
        "updatedAt": _instant(issued.created_at),
        "id": issued.id,
    }


def _instant(at: datetime) -> str:
    return f"{at.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


FACADE = Facade(
    name="Order invoices",
    description="One call that invoices everything on an order that can be invoiced now.",
    routes=routes,
    paths=PATHS,
    schemas=SCHEMAS,
    security=SECURITY,
)
