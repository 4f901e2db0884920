"""Bodies of requests in Polar's words, into ours."""

from __future__ import annotations

from typing import Any

from invoicing import checks
from invoicing.errors import ValidationError
from server.rest.json_body import Given
from server.rest.polar import addresses


def billing(given: Given) -> dict[str, Any]:
    """What is to change of where an order is invoiced; null leaves it to the customer's own."""
    values: dict[str, Any] = {}
    if "billing_name" in given.values:
        values["billing_name"] = given.text("billing_name")
    if "billing_address" in given.values:
        address = given.object("billing_address")
        values["billing_address"] = None if address is None else addresses.given(address)
    return values


def session(given: Given) -> dict[str, str | None]:
    """Whose session, and where it goes back to. Polar's clients have had two names for our handle."""
    id, return_url = given.text("customer_id"), given.text("return_url")
    handle = given.text("external_customer_id") or given.text("customer_external_id")
    if (id is None) == (handle is None):
        raise ValidationError(
            "Name the customer by customer_id or by external_customer_id.", field="customer_id"
        )
    return {
        "id": checks.optional(checks.identifier)(id, "customer_id"),
        "handle": checks.optional(checks.handle)(handle, "external_customer_id"),
        "return_url": return_url,
    }
