"""Refusals in Polar's words, as its SDKs can read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from invoicing.errors import (
    BillingDetailsMissing,
    ClockBehind,
    CustomerNotFound,
    DatabaseUnavailable,
    Forbidden,
    InvoicingError,
    MalformedId,
    NotFound,
    OrderAlreadyInvoiced,
    OrderNotPaid,
    QueryTimeout,
    RateLimited,
    ServerOutdated,
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
from server.rest.polar.words import FIELDS

BILLING = ("billing_name", "billing_address")


class NoToken(Unauthorized):
    """The request has no bearer token."""


class NoUuid(MalformedId):
    """Input should be a valid UUID, or the id of an order"""


class UnknownVersion(InvoicingError):
    """This version of Polar's API is not known here."""


class NotEligible(InvoicingError):
    """No invoice of the order can be issued now."""


_STATUS_AND_NAME: Mapping[type[InvoicingError], tuple[int, str]] = {
    UnknownVersion: (400, "UnknownVersion"),
    OrderNotPaid: (422, "NotPaidOrder"),
    NotEligible: (409, "OrderNotEligibleForInvoice"),
    BillingDetailsMissing: (422, "MissingInvoiceBillingDetails"),
    UnknownPath: (404, "ResourceNotFound"),
    MethodNotAllowed: (405, "MethodNotAllowed"),
    BodyTooLarge: (413, "BodyTooLarge"),
    UnsupportedMediaType: (415, "UnsupportedMediaType"),
    RateLimited: (429, "RateLimited"),
    InternalError: (500, "InternalServerError"),
    QueryTimeout: (503, "QueryTimeout"),
    DatabaseUnavailable: (503, "ServiceUnavailable"),
    ServerOutdated: (503, "ServiceUnavailable"),
    ClockBehind: (503, "ServiceUnavailable"),
}


_READ_WHEN_ISSUING = (
    Forbidden,
    BillingDetailsMissing,
    QueryTimeout,
    DatabaseUnavailable,
    ServerOutdated,
    ClockBehind,
)


def refusal_to_issue(refusal: InvoicingError) -> InvoicingError:
    """The refusal in the words of Polar's versions, whose clients read one 409 and one 422 and no others."""
    if isinstance(refusal, NotFound | NoUuid):
        return NotFound(str(refusal))
    return refusal if isinstance(refusal, _READ_WHEN_ISSUING) else NotEligible(str(refusal))


def refusal_response(request: Request, refusal: InvoicingError) -> Response:
    """Anything that Polar has no error for is a valid request that is not possible now: 409."""
    if isinstance(refusal, Unauthorized):
        return _unauthorized(refusal)
    if isinstance(refusal, Forbidden):
        body = {"error": "insufficient_scope", "error_description": str(refusal)}
        return json_response(body, 403, {"www-authenticate": 'Bearer error="insufficient_scope"'})
    if details := _field_errors(refusal, "query" if request.method in ("GET", "HEAD") else "body"):
        return json_response({"detail": details}, 422)
    if isinstance(refusal, NotFound):
        return json_response({"error": "ResourceNotFound", "detail": str(refusal)}, 404)
    status, name = _STATUS_AND_NAME.get(type(refusal), (409, type(refusal).__name__))
    detail = f"{refusal} ({request_id(request.scope)})" if status == 500 else str(refusal)
    return json_response({"error": name, "detail": detail}, status)


def _unauthorized(refusal: Unauthorized) -> Response:
    if isinstance(refusal, NoToken):
        body = {"error": "Unauthorized", "detail": "Unauthorized"}
        return json_response(body, 401, {"www-authenticate": "Bearer"})
    body = {"error": "invalid_token", "error_description": str(refusal)}
    return json_response(body, 401, {"www-authenticate": 'Bearer error="invalid_token"'})


def _field_errors(refusal: InvoicingError, part: str) -> list[dict[str, Any]]:
    """What is wrong with which field of that part of the request; empty if it is about no field."""
    if isinstance(refusal, NoUuid):
        return [_field_error("path", "id", refusal, "uuid_parsing")]
    if isinstance(refusal, MalformedBody):
        return [_field_error("body", "", refusal, "json_invalid")]
    if isinstance(refusal, OrderAlreadyInvoiced):
        return [_field_error(part, name, refusal) for name in BILLING]
    if isinstance(refusal, ValidationError | MalformedId | CustomerNotFound):
        return [_field_error(part, refusal.field or "", refusal)]
    return []


def _field_error(part: str, field: str, refusal: InvoicingError, kind: str = "value_error") -> dict[str, Any]:
    """`kind` is one of pydantic's error types."""
    place = [FIELDS.get(name, name) for name in field.split(".") if name]
    return {"loc": [part, *place], "msg": str(refusal), "type": kind}
