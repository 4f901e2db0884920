"""Bodies of requests in Polar's words, into ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from invoicing import checks
from server.rest.polar import addresses
from server.rest.polar.refusals import Invalid, Place


def billing(body: Mapping[str, Any]) -> dict[str, Any]:
    """What is to change of where an order is invoiced; null leaves it to the customer's own."""
    values: dict[str, Any] = {}
    if "billing_name" in body:
        values["billing_name"] = _text_or_none(body, "billing_name", ("body",))
    if "billing_address" in body:
        values["billing_address"] = _address(body["billing_address"], ("body", "billing_address"))
    return values


def session(body: Mapping[str, Any]) -> dict[str, str | None]:
    """Whose session, and where it goes back to."""
    names = ("customer_id", "external_customer_id", "customer_external_id", "return_url")
    values = {name: _text_or_none(body, name, ("body",)) for name in names}
    handle = values["external_customer_id"] or values["customer_external_id"]
    if (values["customer_id"] is None) == (handle is None):
        message = "Name the customer by customer_id or by external_customer_id."
        raise Invalid(("body", "customer_id"), message, "missing")
    return {
        "id": checks.optional(checks.identifier)(values["customer_id"], "customer_id"),
        "handle": checks.optional(checks.handle)(handle, "external_customer_id"),
        "return_url": values["return_url"],
    }


def _address(value: Any, place: Place) -> dict[str, Any] | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise Invalid(place, "Input should be a valid dictionary", "dict_type")
    if value.get("country") is None:
        raise Invalid((*place, "country"), "Field required", "missing")
    return addresses.given({name: _text_or_none(value, name, place) for name in addresses.WORDS.values()})


def _text_or_none(values: Mapping[str, Any], name: str, place: Place) -> str | None:
    value = values.get(name)
    if value is not None and not isinstance(value, str):
        raise Invalid((*place, name), "Input should be a valid string", "string_type")
    return value
