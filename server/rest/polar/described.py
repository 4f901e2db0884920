"""Polar's part of the OpenAPI document: its paths, and who may ask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from server.rest.facade import Schema
from server.rest.polar.schemas import SCHEMAS as SCHEMAS

SECURITY: Mapping[str, Schema] = {
    "PolarCustomerSession": {
        "type": "http",
        "scheme": "bearer",
        "description": "A customer session's token: `inv_cs_…`.",
    },
    "PolarApiKey": {"type": "http", "scheme": "bearer", "description": "An API key: `inv_…`."},
}

_ID = {
    "name": "id",
    "in": "path",
    "required": True,
    "description": "The order's id: a UUID, or the caller's own.",
    "schema": {"type": "string"},
}
_REFUSED = {
    "401": ("PolarUnauthorized", "No token, or one that is not known, was revoked, or has expired."),
    "403": ("PolarInsufficientScope", "The token lacks the scope, or is of the other kind."),
    "404": ("PolarResourceNotFound", "There is no such order for whoever asks."),
    "422": ("PolarValidationError", "The id or a field is not valid."),
}


def _json(schema: Mapping[str, Any], description: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _operation(id: str, summary: str, scheme: str, **more: Any) -> dict[str, Any]:
    """`more` are OpenAPI's own words; its responses come before the refusals that are everywhere."""
    refused = {status: _json(_ref(name), text) for status, (name, text) in _REFUSED.items()}
    responses = {**refused, **more.pop("responses")}
    return {
        "operationId": id,
        "summary": summary,
        "security": [{scheme: []}],
        "responses": dict(sorted(responses.items())),
        **more,
    }


def _query(name: str, schema: Mapping[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, "description": description}


_PAGES = [
    _query("page", {"type": "integer", "minimum": 1, "default": 1}, "Which page."),
    _query("limit", {"type": "integer", "minimum": 1, "default": 10}, "How many on it; 100 at most."),
    _query(
        "sorting",
        {"enum": ["-created_at", "created_at"], "default": "-created_at"},
        "Newest first, or oldest.",
    ),
]
_NOT_ISSUED = {
    "anyOf": [
        _ref("PolarNotPaidOrder"),
        _ref("PolarMissingInvoiceBillingDetails"),
        _ref("PolarValidationError"),
    ]
}


def _paths(at: str, tag: str, scheme: str, order: str, found_by: Mapping[str, Any]) -> dict[str, Schema]:
    def operation(id: str, summary: str, **more: Any) -> dict[str, Any]:
        return _operation(f"{tag}_{id}", summary, scheme, **more)

    shown = {"200": _json(_ref(order), "The order.")}
    listed = {"200": _json(_ref(f"{order}s"), "A page of orders.")}
    issued = {
        "202": _json(
            {"type": "null"}, "It is issued and its PDF on its way, or all of that was done before."
        ),
        "409": _json(_ref("PolarRefused"), "Nothing on the order can be invoiced now."),
        "422": _json(_NOT_ISSUED, "Not paid, no billing name or address, or no id of an order."),
    }
    body = {"required": True, "content": {"application/json": {"schema": _ref("PolarOrderUpdate")}}}
    return {
        f"{at}/": {"get": operation("list", "List orders", parameters=[*_PAGES, found_by], responses=listed)},
        f"{at}/{{id}}": {
            "parameters": [_ID],
            "get": operation("get", "Get an order", responses=shown),
            "patch": operation(
                "update", "Correct where it is invoiced, until it is", requestBody=body, responses=shown
            ),
        },
        f"{at}/{{id}}/invoice": {
            "parameters": [_ID],
            "post": operation("generate_invoice", "Issue the invoice of a paid order", responses=issued),
            "get": operation(
                "invoice",
                "Where the PDF of the order's newest invoice is",
                responses={
                    "200": _json(_ref("PolarOrderInvoice"), "A link that expires."),
                    "404": _json(
                        _ref("PolarResourceNotFound"), "No PDF yet, or no such order for whoever asks."
                    ),
                },
            ),
        },
    }


PATHS: Mapping[str, Schema] = {
    **_paths(
        "/v1/customer-portal/orders",
        "polar_customer_portal_orders",
        "PolarCustomerSession",
        "PolarCustomerOrder",
        _query("query", {"type": "string"}, "What the number or a name contains."),
    ),
    **_paths(
        "/v1/orders",
        "polar_orders",
        "PolarApiKey",
        "PolarOrder",
        _query("customer_id", {"type": "string"}, "Whose orders."),
    ),
    "/v1/customer-sessions/": {
        "post": _operation(
            "polar_customer_sessions_create",
            "Let a customer in",
            "PolarApiKey",
            requestBody={
                "required": True,
                "content": {"application/json": {"schema": _ref("PolarCustomerSessionCreate")}},
            },
            responses={"201": _json(_ref("PolarCustomerSession"), "The session, and its token this once.")},
        )
    },
}
