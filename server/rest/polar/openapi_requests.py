"""The schemas of Polar's requests, and of the parts of orders that a request can change."""

from __future__ import annotations

from typing import Any

from server.rest.json_schema import Part, nullable, ref, request_object, string

_ADDRESS: dict[str, Part] = {
    "country": string("ISO 3166-1 alpha-2."),
    "line1": nullable(string("Street and number.")),
    "line2": nullable(string("Floor, building, PO box.")),
    "postal_code": nullable(string("Postal code.")),
    "city": nullable(string("City or town.")),
    "state": nullable(string("State, province or county.")),
}
BILLING: dict[str, Part] = {
    "billing_name": nullable(string("Who is invoiced.")),
    "billing_address": nullable(ref("PolarAddress")),
}
_SESSION_CREATE = request_object(
    "Names the customer by `customer_id` or by `external_customer_id`.",
    customer_id=nullable(string("Its id.")),
    external_customer_id=nullable(string("Its handle.")),
    return_url=nullable(string("Where the customer goes back to.")),
)

REQUESTS: dict[str, Any] = {
    "PolarOrderUpdate": request_object("Null leaves it to the customer's own.", **BILLING),
    "PolarAddress": request_object("An address.", "country", **_ADDRESS),
    "PolarCustomerSessionCreate": _SESSION_CREATE,
}
