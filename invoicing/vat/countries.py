"""Which country an address is in: the one place where a buyer's or a delivery's country is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def country_of(address: Mapping[str, Any] | None) -> str | None:
    """The address's country (ISO 3166-1 alpha-2); None if it has none, or there is no address."""
    country: str | None = (address or {}).get("country_code")
    return country
