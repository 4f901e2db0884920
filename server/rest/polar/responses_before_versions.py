"""Bodies for clients from before Polar's API had versions: they read no null where text can be."""

from __future__ import annotations

from typing import Any


def order(body: dict[str, Any]) -> dict[str, Any]:
    whose = {"customer": customer(body["customer"])} if "customer" in body else {}
    return {**body, "invoice_number": body["invoice_number"] or "", **whose}


def customer(body: dict[str, Any]) -> dict[str, Any]:
    return {**body, "email": body["email"] or "", "avatar_url": ""}
