"""Addresses in Polar's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from invoicing.snapshot import Address
from server.rest.json_body import Given

WORDS: Mapping[str, str] = {
    "country_code": "country",
    "address_line_1": "line1",
    "address_line_2": "line2",
    "postal_code": "postal_code",
    "locality": "city",
    "administrative_area": "state",
}
"""Our word for each part of an address that Polar has, and its own."""

_UNKNOWN = frozenset(("AC", "CP", "CQ", "DG", "EA", "IC", "TA", "XK"))  # CLDR's, not ISO 3166-1's


def shown(address: Address | Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Null without a country that Polar's clients can read."""
    if not isinstance(address, Address):
        address = Address(**(address or {}))
    if address.country_code is None or address.country_code in _UNKNOWN:
        return None
    return {theirs: getattr(address, ours) for ours, theirs in WORDS.items()}


def given(address: Given) -> dict[str, Any]:
    """An address has a country at least."""
    address.needed(address.text, "country")
    return {ours: address.text(theirs) for ours, theirs in WORDS.items()}
