"""The body of the request, and what is named in the path."""

from __future__ import annotations

from collections.abc import Mapping

from invoicing.errors import NotFound, ValidationError
from resolvers.types import EInvoiceFormat
from server.rest.json_body import JsonObject, is_id
from server.rest.order_invoices.errors import InvoiceNotFound, NoSuchFormat


def order_id(body: JsonObject) -> str:
    value = body.values.get("orderId")
    if value is None or value == "":
        raise ValidationError("Validation error: orderId is required", field="orderId")
    if not isinstance(value, str):
        raise ValidationError("Validation error: orderId must be a string", field="orderId")
    if not is_id(value):
        raise NotFound
    return value


def invoice_id(path: Mapping[str, str]) -> str:
    if not is_id(path["id"]):
        raise InvoiceNotFound
    return path["id"]


def e_invoice_format(path: Mapping[str, str]) -> EInvoiceFormat:
    try:
        return EInvoiceFormat[path["format"]]
    except KeyError:
        raise NoSuchFormat(f"There is no such format: it is one of {', '.join(EInvoiceFormat)}.") from None
