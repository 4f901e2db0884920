"""Refusals with Reepay's error codes; its generic ones where it has none of its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from invoicing import errors
from invoicing.errors import InvoicingError
from invoicing.texts import LONGEST_QUOTED, shortened
from server.contexts import request_id
from server.rest import http
from server.rest.http import json_response
from server.rest.reepay.words import in_reepay_words

INVALID, INTERNAL, UNAUTHENTICATED, UNAUTHORIZED, UNKNOWN = 1, 2, 6, 7, 8


class CreditNoteNotFound(errors.NotFound):
    """There is no such credit note in this account."""


TABLE: Mapping[type[InvoicingError], tuple[int, int, str]] = {
    errors.CustomerNotFound: (9, 404, "Customer not found"),
    errors.DuplicateHandle: (11, 400, "Duplicate handle"),
    errors.InvoiceIdReused: (11, 400, "Duplicate handle"),
    errors.NotFound: (31, 404, "Invoice not found"),
    CreditNoteNotFound: (UNKNOWN, 404, "Credit note not found"),
    errors.NotPayable: (31, 404, "Invoice not found"),
    errors.NotCreditable: (31, 404, "Invoice not found"),
    errors.PaymentMethodNotFound: (40, 404, "Payment method not found"),
    errors.NoLines: (54, 400, "No order lines"),
    errors.NotSettled: (64, 400, "Refund of an invoice that is not settled"),
    errors.NotRefundable: (64, 400, "Refund of an invoice that is not settled"),
    errors.CreditTooHigh: (65, 400, "Refund amount too high"),
    errors.NothingToCredit: (65, 400, "Refund amount too high"),
    errors.RefundTooHigh: (65, 400, "Refund amount too high"),
    errors.PaymentMethodRequired: (76, 400, "Payment method not provided"),
    errors.AlreadySettled: (79, 400, "Invoice already settled"),
    errors.PaymentUnderWay: (INVALID, 409, "A charge is under way"),
    errors.IdempotencyKeyReused: (INVALID, 409, "Key used for another request"),
    errors.NumberTaken: (INVALID, 409, "Invoice number taken"),
    errors.GatewayUnavailable: (INTERNAL, 503, "Payment gateway unavailable"),
    errors.QueryTimeout: (INTERNAL, 503, "Took too long"),
    errors.DatabaseUnavailable: (INTERNAL, 503, "Service unavailable"),
    errors.ClockBehind: (INTERNAL, 503, "Service unavailable"),
    errors.Unauthorized: (UNAUTHENTICATED, 401, "Not authenticated"),
    errors.Forbidden: (UNAUTHORIZED, 403, "Not authorized"),
    errors.RateLimited: (INVALID, 429, "Too many requests"),
    http.UnknownPath: (UNKNOWN, 404, "Not found"),
    http.MethodNotAllowed: (INVALID, 405, "Method not allowed"),
    http.BodyTooLarge: (INVALID, 413, "Request too large"),
    http.UnsupportedMediaType: (INVALID, 415, "Unsupported media type"),
    http.InternalError: (INTERNAL, 500, "Internal error"),
    InvoicingError: (INVALID, 400, "Invalid request"),
}
"""Reepay's code, the HTTP status, and the short message."""


def refusal_response(request: Request, refusal: InvoicingError) -> Response:
    code, status, error = next(TABLE[kind] for kind in type(refusal).__mro__ if kind in TABLE)
    body = {
        "code": code,
        "error": error,
        "message": in_reepay_words(str(refusal), refusal.field),
        "path": shortened(request.url.path, LONGEST_QUOTED),
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "http_status": status,
        "http_reason": HTTPStatus(status).phrase,
        "request_id": request_id(request.scope),
    }
    headers = {"www-authenticate": 'Basic realm="API key", charset="UTF-8"'} if status == 401 else None
    return json_response(body, status, headers)
