"""The body of the request."""

from __future__ import annotations

from invoicing.errors import NotFound, ValidationError
from server.rest.json_body import JsonObject, is_id


def order_id(body: JsonObject) -> str:
    value = body.values.get("orderId")
    if value is None or value == "":
        raise ValidationError("Validation error: orderId is required", field="orderId")
    if not isinstance(value, str):
        raise ValidationError("Validation error: orderId must be a string", field="orderId")
    if not is_id(value):
        raise NotFound
    return value
