"""Reepay's names of things that both know, and ours."""

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

_THEIRS = {ours: name for name, ours in ADDRESS.items()} | {
    "name": "attention",
    "text": "ordertext",
    "vat_rate": "vat",
    "with_vat": "amount",
    "reason": "text",
}


def theirs(sentence: str, field: str | None) -> str:
    """The sentence, where it names a field of ours, with the name that the caller used."""
    if field is None:
        return sentence
    at, dot, name = field.rpartition(".")
    return sentence.replace(field, at + dot + _THEIRS.get(name, name))
