"""`POST /invoices` for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from server.rest.json_schema import (
    array,
    instant,
    json_content,
    ref,
    request_body,
    request_object,
    response,
    response_object,
    string,
    value,
)

_LINE = response_object(
    "An item of the order on the invoice.",
    lineItemId=string("The order item's id."),
    quantity=value("number", "How much, with up to six decimals."),
    id=string("The invoice line's id."),
)
_CREATOR = response_object(
    "Whose access token it was.",
    id=string("The API key's id."),
    name=string("The API key's name."),
    type=string("`api_key`, or `customer`."),
)
_INVOICE = response_object(
    "The invoice.",
    order=string("The order's id."),
    entityId=string("The invoice's number in its series, from 1."),
    lineItems=array(ref("OrderInvoiceLine"), "Its lines, as the order has them."),
    total=value("number", "With VAT, in **major** units: 3684.78. Only here."),
    createdBy=ref("OrderInvoiceCreator"),
    metaFields=array({}, "Always empty."),
    createdAt=instant("When it was issued."),
    updatedAt=instant("The same: an issued invoice does not change."),
    id=string("The invoice's id, as GraphQL knows it."),
)
_CREATED = response_object(
    "The invoice was made.",
    success=value("boolean", "true", const=True),
    data=ref("OrderInvoice"),
    message=string("A sentence for people."),
)
_REFUSED = response_object(
    "No invoice was made.",
    success=value("boolean", "false", const=False),
    message=string("Why, for people."),
)
_STATUSES = {
    "400": "`orderId` is missing or no text, the body is no JSON object, or nothing is left to invoice.",
    "401": "The access token is missing or not known.",
    "403": "The API key lacks the scope `invoices:write`.",
    "404": "The account has no such order.",
    "405": "Only POST is answered.",
    "413": "The body is larger than 2,000,000 bytes.",
    "415": "The body is not sent as `application/json`.",
    "429": "Too many requests: wait as many seconds as `Retry-After` says.",
    "500": "Our fault: the log has it under the `X-Request-ID` of the answer.",
    "503": "It took longer than the server allows, or the database cannot be used: try again.",
}

SCHEMAS: dict[str, Any] = {
    "OrderInvoice": _INVOICE,
    "OrderInvoiceLine": _LINE,
    "OrderInvoiceCreator": _CREATOR,
    "OrderInvoiceCreated": _CREATED,
    "OrderInvoiceRefused": _REFUSED,
}
SECURITY: dict[str, Any] = {
    "accessToken": {
        "type": "apiKey",
        "in": "header",
        "name": "accessToken",
        "description": "`Bearer <token>`, or the token alone.",
    }
}
PATHS: dict[str, Any] = {
    "/invoices": {
        "post": {
            "operationId": "createOrderInvoice",
            "summary": "Invoice an order",
            "description": "Issues an invoice for everything on the order that can be invoiced now; where "
            "there is only something to credit, a credit invoice. Called again, it refuses: nothing is left.",
            "security": [{"accessToken": []}],
            "requestBody": request_body(
                request_object("The order.", "orderId", orderId=string("Its id.", minLength=1)),
                {"orderId": "69ab24db449866373d5e3e35"},
            ),
            "responses": {
                "201": response("The invoice was made.", ref("OrderInvoiceCreated")),
                **{
                    status: {"description": reason, "content": json_content(ref("OrderInvoiceRefused"))}
                    for status, reason in _STATUSES.items()
                },
            },
        }
    }
}
