"""Refusals in the envelope of the response, with the messages of its system."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from invoicing import errors
from invoicing.errors import InvoicingError
from server.rest import http
from server.rest.http import json_response

NOTHING_LEFT = "Nothing left to invoice: every item of the order that can be invoiced is"
FAILED = "An error occurred while creating the invoice"


class InvoiceNotFound(errors.NotFound):
    """Invoice not found"""


class NoSuchFormat(errors.NotFound):
    """There is no such format"""


class PdfNotReady(errors.NotFound):
    """Its PDF is still being made"""

    retry_after = 2  # seconds


TABLE: Mapping[type[InvoicingError], tuple[int, str | None]] = {
    errors.Unauthorized: (401, "Invalid or missing access token"),
    errors.Forbidden: (403, None),
    errors.NotFound: (404, "Order not found"),
    InvoiceNotFound: (404, "Invoice not found"),
    NoSuchFormat: (404, None),
    PdfNotReady: (404, None),
    http.UnknownPath: (404, None),
    errors.NothingToInvoice: (400, NOTHING_LEFT),
    errors.ValidationError: (400, None),
    http.MethodNotAllowed: (405, None),
    http.BodyTooLarge: (413, None),
    http.UnsupportedMediaType: (415, None),
    errors.RateLimited: (429, None),
    http.InternalError: (500, FAILED),
    errors.QueryTimeout: (503, None),
    errors.DatabaseUnavailable: (503, None),
    errors.ClockBehind: (503, None),
    InvoicingError: (400, None),
}
"""Status and message. Without a message, the refusal's own is used."""


def refusal_response(request: Request, refusal: InvoicingError) -> Response:
    status, message = next(TABLE[kind] for kind in type(refusal).__mro__ if kind in TABLE)
    return json_response({"success": False, "message": message or str(refusal)}, status)
