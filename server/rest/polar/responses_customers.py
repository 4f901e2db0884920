"""Customers, their sessions and their addresses as Polar shows them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from invoicing.snapshot import Address
from invoicing.storage.tables import Customer, CustomerSession, Order
from server.rest.polar.words import ADDRESS

_NOT_IN_ISO_3166 = frozenset(("AC", "CP", "CQ", "DG", "EA", "IC", "TA", "XK"))  # countries of CLDR alone
_UNUSED: Mapping[str, Any] = MappingProxyType(
    {
        "email_verified": False,
        "type": "individual",  # the other type, a team, has several members
        "default_payment_method_id": None,
        "first_user_event_at": None,
        "avatar_url": None,
    }
)


def customer(row: Customer) -> dict[str, Any]:
    return {
        "id": row.id,
        "created_at": row.created_at,
        "modified_at": row.updated_at,
        "metadata": metadata(row.meta),
        "external_id": row.handle,
        "email": row.email,
        "name": row.name,
        "billing_name": row.name,
        "billing_address": address(row.billing_address),
        "tax_id": [row.vat_number, None] if row.vat_number else None,
        "locale": row.locale,
        "organization_id": row.account_id,
        "deleted_at": row.erased_at,
        **_UNUSED,
    }


def guest(order: Order) -> dict[str, Any]:
    """A customer without an id: Polar's clients cannot read an order that has no customer."""
    return {
        "id": "",
        "created_at": order.created_at,
        "modified_at": order.updated_at,
        "metadata": {},
        "external_id": None,
        "email": (order.billing_address or {}).get("email"),
        "name": order.billing_name,
        "billing_name": order.billing_name,
        "billing_address": address(order.billing_address),
        "tax_id": [order.vat_number, None] if order.vat_number else None,
        "locale": None,
        "organization_id": order.account_id,
        "deleted_at": None,
        **_UNUSED,
    }


def customer_session(
    session: CustomerSession, token: str, owner: Customer, portal_url: str
) -> dict[str, Any]:
    """Its customer has an e-mail address, empty or not: Polar's clients cannot read null in a session."""
    return {
        "id": session.id,
        "created_at": session.created_at,
        "modified_at": None,
        "token": token,
        "expires_at": session.expires_at,
        "return_url": session.return_url,
        "customer_portal_url": portal_url,
        "customer_id": owner.id,
        "customer": {**customer(owner), "email": owner.email or ""},
    }


def address(found: Address | Mapping[str, Any] | None) -> dict[str, Any] | None:
    """None if it has no country, or one that Polar's clients cannot read."""
    if not isinstance(found, Address):
        found = Address(**(found or {}))
    if found.country_code is None or found.country_code in _NOT_IN_ISO_3166:
        return None
    return {polar_name: getattr(found, name) for polar_name, name in ADDRESS.items()}


def metadata(meta: Mapping[str, Any]) -> dict[str, Any]:
    """Polar's metadata are flat: nested values are left out."""
    return {name: value for name, value in meta.items() if isinstance(value, str | int | float)}
