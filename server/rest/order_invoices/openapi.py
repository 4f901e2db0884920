"""The paths under `/invoices`, for the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from resolvers.types import EInvoiceFormat
from server.rest.json_schema import (
    Part,
    array,
    instant,
    json_content,
    nullable,
    path_parameter,
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
_PROBLEM = response_object(
    "Why it cannot be made.",
    rule=string("The rule that it would break: `BR-DE-15`, `PEPPOL-EN16931-R003`."),
    field=string("What to fill in, as GraphQL calls it: `customer.buyer_reference`."),
    message=string("One sentence."),
)
_PROBLEMS = array(ref("EInvoiceProblem"), "Why it cannot be made; empty if it can.")
_E_INVOICE = response_object(
    "An e-invoice.",
    format=string("Which one.", enum=[*EInvoiceFormat]),
    url=nullable(
        string(
            "A link that expires and needs no key; null if there are problems, and of `FACTUR_X` until the "
            "PDF is there."
        )
    ),
    problems=_PROBLEMS,
)
_E_INVOICES = response_object(
    "Each format.",
    success=value("boolean", "true", const=True),
    data=array(ref("EInvoice"), "In the order of the formats."),
)
_NOT_POSSIBLE = response_object(
    "The invoice cannot be said in that format.",
    success=value("boolean", "false", const=False),
    message=string("Which format, for people."),
    problems=_PROBLEMS,
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
_READ_STATUSES = {
    "401": _STATUSES["401"],
    "403": "The API key lacks the scope `invoices:read`.",
    "404": "The account has no such invoice.",
    "405": "Only GET is answered.",
    "429": _STATUSES["429"],
    "500": _STATUSES["500"],
    "503": _STATUSES["503"],
}


def _refusals(statuses: Mapping[str, str]) -> Part:
    content = json_content(ref("OrderInvoiceRefused"))
    return {status: {"description": reason, "content": content} for status, reason in statuses.items()}


_NO_FILE = {**_READ_STATUSES, "404": "There is no such invoice or format, or its PDF is still being made."}
_ID = path_parameter("id", "The invoice's id.")
_FORMAT = {
    **path_parameter("format", "Which format."),
    "schema": {"type": "string", "enum": [*EInvoiceFormat]},
}

SCHEMAS: dict[str, Any] = {
    "OrderInvoice": _INVOICE,
    "OrderInvoiceLine": _LINE,
    "OrderInvoiceCreator": _CREATOR,
    "OrderInvoiceCreated": _CREATED,
    "OrderInvoiceRefused": _REFUSED,
    "EInvoice": _E_INVOICE,
    "EInvoiceProblem": _PROBLEM,
    "EInvoices": _E_INVOICES,
    "EInvoiceNotPossible": _NOT_POSSIBLE,
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
                **_refusals(_STATUSES),
            },
        }
    },
    "/invoices/{id}/e-invoices": {
        "parameters": [_ID],
        "get": {
            "operationId": "getEInvoices",
            "summary": "The e-invoices of an invoice",
            "description": "Each format, with a link or with what stands in its way.",
            "security": [{"accessToken": []}],
            "responses": {
                "200": response("Each format.", ref("EInvoices")),
                **_refusals(_READ_STATUSES),
            },
        },
    },
    "/invoices/{id}/e-invoices/{format}": {
        "parameters": [_ID, _FORMAT],
        "get": {
            "operationId": "getEInvoice",
            "summary": "An e-invoice",
            "description": "The XML, named by the invoice's number. Of `FACTUR_X` it leads to the PDF.",
            "security": [{"accessToken": []}],
            "responses": {
                "200": {"description": "The file.", "content": {"application/xml": {"schema": {}}}},
                "303": {"description": "The PDF, which is the Factur-X."},
                "409": response("What stands in the way of it.", ref("EInvoiceNotPossible")),
                **_refusals(_NO_FILE),
            },
        },
    },
}
