"""Reepay's words, and ours for the same things."""

from __future__ import annotations

from collections.abc import Mapping

STATES: Mapping[str, str] = {
    "PENDING": "pending",
    "SETTLED": "settled",
    "FAILED": "failed",
    "CANCELLED": "cancelled",
}
METHODS: Mapping[str, str] = {
    "cash": "CASH",
    "bank_transfer": "BANK_TRANSFER",
    "check": "CHECK",
    "other": "OTHER",
}
ADDRESS: Mapping[str, str] = {
    "company": "organisation",
    "address": "address_line_1",
    "address2": "address_line_2",
    "postal_code": "postal_code",
    "city": "locality",
    "state_or_province": "administrative_area",
    "country": "country_code",
    "email": "email",
    "phone": "phone_number",
}

_FIELDS = {name: reepay_name for reepay_name, name in ADDRESS.items()} | {
    "name": "attention",
    "text": "ordertext",
    "vat_rate": "vat",
    "with_vat": "amount",
    "reason": "text",
}


def in_reepay_words(sentence: str, field: str | None) -> str:
    """The sentence with the caller's name of the field, where it has ours."""
    if field is None:
        return sentence
    at, dot, name = field.rpartition(".")
    return sentence.replace(field, at + dot + _FIELDS.get(name, name))
