"""Polar's paths, for the OpenAPI document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from server.rest.json_schema import Part, path_parameter, ref, request_body, response, string, value
from server.rest.polar.requests_lists import DEFAULT, FURTHEST
from server.rest.polar.versions import HEADER, VERSIONS


def _any_of(*names: str) -> Part:
    return {"anyOf": [ref(name) for name in names]}


_REFUSALS: dict[str, Part] = {
    "400": response(f"`{HEADER}` is none of the versions.", ref("PolarRefused")),
    "401": response("No token, or not a known one.", _any_of("PolarUnauthorized", "PolarTokenRefused")),
    "403": response("The token lacks a scope, or is of the other kind.", ref("PolarTokenRefused")),
    "405": response("The path has no such method.", ref("PolarRefused")),
    "422": response("Something in the request is not valid.", ref("PolarInvalid")),
    "429": response("Too many requests: wait as long as `Retry-After` says.", ref("PolarRefused")),
    "500": response("Our fault: the log has it under the `X-Request-ID`.", ref("PolarRefused")),
    "503": response("Too slow, or the database is unavailable.", ref("PolarRefused")),
}
_BODY_REFUSALS: dict[str, Part] = {
    "413": response("The body is larger than 2,000,000 bytes.", ref("PolarRefused")),
    "415": response("The body is not sent as `application/json`.", ref("PolarRefused")),
}
_UNKNOWN = response("There is no such order for whoever asks.", ref("PolarResourceNotFound"))
_NO_PDF = response("No PDF yet, or no such order for whoever asks.", ref("PolarResourceNotFound"))
_NOT_NOW = response(
    "Nothing on the order can be invoiced now; with a version, also an order that is not paid.",
    _any_of("PolarOrderNotEligibleForInvoice", "PolarRefused"),
)
_NOT_ISSUED = response(
    "No name or address to invoice; without a version, also not paid, or not the id of an order.",
    _any_of("PolarNotPaidOrder", "PolarMissingInvoiceBillingDetails", "PolarInvalid"),
)
_VERSION: Part = {
    "name": HEADER,
    "in": "header",
    "description": (
        "The version of Polar's API that the client speaks. Without it, the one that the user agent of "
        "Polar's client names; else the answer is that of before there were versions."
    ),
    "schema": {"type": "string", "enum": [*VERSIONS]},
}
_ID = path_parameter("id", "The order's id: a UUID, or the one that the shop gave it.")


def _query(name: str, schema: Part) -> Part:
    return {"name": name, "in": "query", "description": schema["description"], "schema": schema}


_PAGES = [
    _query("page", value("integer", "Which page.", minimum=1, maximum=FURTHEST, default=1)),
    _query(
        "limit",
        value(
            "integer",
            "How many on it; a hundred at most. Several with more than 10,000 items together are refused.",
            minimum=1,
            maximum=FURTHEST,
            default=DEFAULT,
        ),
    ),
    _query("sorting", string("Newest or oldest first.", enum=["-created_at", "created_at"])),
]


@dataclass(frozen=True, slots=True)
class _Audience:
    """Where its orders are, how it authenticates, the schema of its orders, and its filter."""

    path: str
    name: str
    security: str
    order: str
    filter: Part

    def operation(
        self,
        id: str,
        summary: str,
        description: str,
        responses: Part,
        parameters: Sequence[Part] = (),
        **more: Any,
    ) -> Part:
        return {
            "operationId": f"{self.name}{id}",
            "summary": summary,
            "description": description,
            "security": [{self.security: []}],
            "parameters": [*parameters, _VERSION],
            "responses": dict(sorted((_REFUSALS | responses).items())),
            **more,
        }

    def paths(self) -> Part:
        order = {"200": response("The order.", ref(self.order)), "404": _UNKNOWN}
        return {
            self.path: self.list_path(),
            f"{self.path}/{{id}}": {
                "parameters": [_ID],
                "get": self.operation("Get", "An order", "The order as it is now, with its items.", order),
                "patch": self.operation(
                    "Update",
                    "Correct whom and where to invoice, until the order is invoiced",
                    "Sets the name and the address on its invoice. What is left out stays as it is.",
                    order | _BODY_REFUSALS,
                    requestBody=request_body(ref("PolarOrderUpdate")),
                ),
            },
            f"{self.path}/{{id}}/invoice": {
                "parameters": [_ID],
                "post": self.operation(
                    "GenerateInvoice",
                    "Issue the invoice of a paid order",
                    "The number is taken at once, the PDF is made after the answer. Once is enough: "
                    "again changes nothing.",
                    _issued(),
                ),
                "get": self.operation(
                    "Invoice",
                    "Where the PDF of its newest invoice is",
                    "A link that expires and needs no token. There is none until the PDF is made.",
                    _linked(),
                ),
            },
        }

    def list_path(self) -> Part:
        responses = {"200": response("A page of them.", ref(f"{self.order}s"))}
        about = "Page by page, the newest first, unless `sorting` says otherwise."
        return {"get": self.operation("List", "Orders", about, responses, parameters=[*_PAGES, self.filter])}


def _issued() -> Part:
    done = {"type": "null"}
    return {
        "202": response("Issued, its PDF on its way; or all of that had been done.", done),
        "404": _UNKNOWN,
        "409": _NOT_NOW,
        "422": _NOT_ISSUED,
    }


def _linked() -> Part:
    return {"200": response("Where it is.", ref("PolarOrderInvoice")), "404": _NO_PDF}


_CUSTOMERS = _Audience(
    "/v1/customer-portal/orders",
    "customerPortalOrders",
    "customerSession",
    "PolarCustomerOrder",
    _query("query", string("What the order's number, or a name on it, contains.")),
)
_MERCHANTS = _Audience(
    "/v1/orders",
    "orders",
    "merchantKey",
    "PolarOrder",
    _query("customer_id", string("Whose orders.")),
)
_SESSION = response("The session, and its token this once.", ref("PolarCustomerSession"))
_SESSIONS: Part = {
    "post": _MERCHANTS.operation(
        "CustomerSession",
        "Let a customer in",
        "Makes a token with which the customer sees their own orders and invoices, for an hour.",
        {"201": _SESSION, **_BODY_REFUSALS},
        requestBody=request_body(ref("PolarCustomerSessionCreate"), {"external_customer_id": "jansen"}),
    )
}

PATHS: dict[str, Any] = {
    **_CUSTOMERS.paths(),
    **_MERCHANTS.paths(),
    "/v1/customer-sessions": _SESSIONS,
}
