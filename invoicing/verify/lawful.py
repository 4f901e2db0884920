"""Finds what an invoice may not be without: who sells, and what its VAT categories ask for.

By EN 16931 (BR-AE, BR-IC, BR-G, BR-O) and 2006/112/EC art. 226, from the frozen snapshot alone. Pure. A
credit invoice repeats its invoice. Invoices of before these rules, whose snapshots have no version, are not
asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

# fmt: off
_EU = frozenset({
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "EL", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT",
    "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK", "XI",
})
# fmt: on
"""Member states as addresses (GR) and VAT numbers (EL, and XI for Northern Ireland) name them."""


def find_unlawful(snapshot: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """A kind and a sentence for each thing that is missing."""
    if snapshot["type"] != "INVOICE":
        return
    seller, address = snapshot["seller"], snapshot["seller"]["address"]
    said = {
        "legal name": seller.get("legal_name"),
        "street": address.get("address_line_1"),
        "town": address.get("locality"),
        "country": address.get("country_code"),
        "VAT or tax number": seller.get("vat_number") or seller.get("tax_number"),
    }
    if missing := [what for what, value in said.items() if not value]:
        yield "seller", f"The seller's {', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not on it."
    for category in sorted({line["vat_category"] for line in snapshot["lines"]}):
        for what in _missing(category, snapshot):
            yield "vat", f"Category {category} without {what}."


def _missing(category: str, snapshot: Mapping[str, Any]) -> Iterator[str]:
    buyer = snapshot["buyer"]
    if category in ("AE", "K", "G") and not snapshot["seller"].get("vat_number"):
        yield "the seller's VAT number"
    if category == "AE" and not (buyer.get("vat_number") or buyer.get("registration_number")):
        yield "the buyer's VAT or registration number"
    if category == "K":
        countries = [_vat_country(snapshot[party]) for party in ("buyer", "seller")]
        if not buyer.get("vat_number") or countries[0] not in _EU or countries[0] == countries[1]:
            yield "a buyer's VAT number of another member state"
        if not (snapshot.get("delivery_date") or snapshot.get("service_period")):
            yield "a date or period of supply"
    if category == "G" and not (_countries(snapshot) - _EU):  # more was asked only later: decision 31
        yield "a buyer or a delivery address outside the EU"
    if category == "O" and len({line["vat_category"] for line in snapshot["lines"]}) > 1:
        yield "standing alone"


def _vat_country(party: Mapping[str, Any]) -> str:
    prefix = (party.get("vat_number") or "")[:2]
    country = prefix if prefix.isalpha() else party["address"].get("country_code") or ""
    return "EL" if country == "GR" else country


def _countries(snapshot: Mapping[str, Any]) -> set[str]:
    addresses = snapshot["buyer"]["address"], snapshot.get("shipping_address") or {}
    return {address["country_code"] for address in addresses if address.get("country_code")}
