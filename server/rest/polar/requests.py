"""Polar's bodies, read into what the resolvers take."""

from __future__ import annotations

from typing import cast

from invoicing import checks
from invoicing.errors import ValidationError
from resolvers.types import AddressValues, UpdateOrderValues
from server.rest.json_body import JsonObject
from server.rest.polar.words import ADDRESS


def billing(body: JsonObject) -> UpdateOrderValues:
    """The billing details to change. Null means that the customer's own are used."""
    values: UpdateOrderValues = {}
    if "billing_name" in body.values:
        values["billing_name"] = body.text("billing_name")
    if "billing_address" in body.values:
        address = body.object("billing_address")
        values["billing_address"] = None if address is None else _address(address)
    return values


def session(body: JsonObject) -> dict[str, str | None]:
    """Whose session, and where it returns to. Polar's clients have had two names for our handle."""
    id, return_url = body.text("customer_id"), body.text("return_url")
    handle = body.text("external_customer_id") or body.text("customer_external_id")
    if (id is None) == (handle is None):
        raise ValidationError(
            "Name the customer by customer_id or by external_customer_id.", field="customer_id"
        )
    return {
        "id": checks.optional(checks.identifier)(id, "customer_id"),
        "handle": checks.optional(checks.handle)(handle, "external_customer_id"),
        "return_url": return_url,
    }


def _address(body: JsonObject) -> AddressValues:
    """An address has to have a country."""
    body.required(body.text, "country")
    parts = {name: body.text(polar_name) for polar_name, name in ADDRESS.items()}
    return cast(AddressValues, parts)
