"""Polar's words, and ours for the same things."""

from __future__ import annotations

from collections.abc import Mapping

ADDRESS: Mapping[str, str] = {
    "country": "country_code",
    "line1": "address_line_1",
    "line2": "address_line_2",
    "postal_code": "postal_code",
    "city": "locality",
    "state": "administrative_area",
}
"""Our name of each part of an address, by Polar's."""

FIELDS: Mapping[str, str] = {
    "customer_handle": "external_customer_id",
    "search": "query",
    **{name: polar_name for polar_name, name in ADDRESS.items()},
}
"""Polar's name of each field that a refusal can be about, by ours."""
