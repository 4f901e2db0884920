"""Refusals in Polar's words: what its SDKs can read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from invoicing.errors import (
    BillingDetailsMissing,
    CustomerNotFound,
    Forbidden,
    InvoicingError,
    MalformedId,
    NotFound,
    OrderAlreadyInvoiced,
    OrderNotPaid,
    Unauthorized,
    ValidationError,
)
from server.contexts import request_id
from server.rest.http import (
    BodyTooLarge,
    InternalError,
    MalformedBody,
    MethodNotAllowed,
    UnknownPath,
    UnsupportedMediaType,
    json_response,
)
from server.rest.polar.addresses import WORDS
from server.rest.polar.auth import NoToken, NoUuid

FIELDS: Mapping[str, str] = {"customer_handle": "external_customer_id", "search": "query", **WORDS}
BILLING = ("billing_name", "billing_address")

_NAMED: Mapping[type[InvoicingError], tuple[int, str]] = {
    OrderNotPaid: (422, "NotPaidOrder"),
    BillingDetailsMissing: (422, "MissingInvoiceBillingDetails"),
    UnknownPath: (404, "ResourceNotFound"),
    MethodNotAllowed: (405, "MethodNotAllowed"),
    BodyTooLarge: (413, "BodyTooLarge"),
    UnsupportedMediaType: (415, "UnsupportedMediaType"),
    InternalError: (500, "InternalServerError"),
}


def refused(request: Request, refusal: InvoicingError) -> Response:
    """Whatever has no words of its own was valid, but not now: 409, with the reason's name."""
    if isinstance(refusal, Unauthorized):
        return _unauthorized(refusal)
    if isinstance(refusal, Forbidden):
        body = {"error": "insufficient_scope", "error_description": str(refusal)}
        return json_response(body, 403, {"www-authenticate": 'Bearer error="insufficient_scope"'})
    if entries := _entries(refusal, "query" if request.method in ("GET", "HEAD") else "body"):
        return json_response({"detail": entries}, 422)
    if isinstance(refusal, NotFound):
        return json_response({"error": "ResourceNotFound", "detail": str(refusal)}, 404)
    status, name = _NAMED.get(type(refusal), (409, type(refusal).__name__))
    told = f"{refusal} ({request_id(request)})" if status == 500 else str(refusal)
    return json_response({"error": name, "detail": told}, status)


def _unauthorized(refusal: Unauthorized) -> Response:
    if isinstance(refusal, NoToken):
        body = {"error": "Unauthorized", "detail": "Unauthorized"}
        return json_response(body, 401, {"www-authenticate": "Bearer"})
    body = {"error": "invalid_token", "error_description": str(refusal)}
    return json_response(body, 401, {"www-authenticate": 'Bearer error="invalid_token"'})


def _entries(refusal: InvoicingError, part: str) -> list[dict[str, Any]]:
    """What is wrong with which field of that part of the request, if that is it."""
    if isinstance(refusal, NoUuid):
        return [_entry("path", "id", refusal, "uuid_parsing")]
    if isinstance(refusal, MalformedBody):
        return [_entry("body", "", refusal, "json_invalid")]
    if isinstance(refusal, OrderAlreadyInvoiced):
        return [_entry(part, name, refusal) for name in BILLING]
    if isinstance(refusal, ValidationError | MalformedId | CustomerNotFound):
        return [_entry(part, refusal.field or "", refusal)]
    return []


def _entry(part: str, field: str, refusal: InvoicingError, kind: str = "value_error") -> dict[str, Any]:
    """`kind` is one of pydantic's types of errors."""
    place = [FIELDS.get(name, name) for name in field.split(".") if name]
    return {"loc": [part, *place], "msg": str(refusal), "type": kind}
