"""What a client has made so far: it goes on with the newest."""

from __future__ import annotations

from typing import Any

from tools.siege.client import Client

NEWEST = 8
"""A client goes on with so many of its newest orders, invoices and payments."""
ADDRESS = {
    "organisation": "Mug & Co",
    "address_line_1": "Keizersgracht 1",
    "postal_code": "1015 CJ",
    "locality": "Amsterdam",
    "country_code": "NL",
}


class History:
    def __init__(self, client: Client, *, hook: str, hangs: bool) -> None:
        """`hook` is where webhooks are to go; `hangs` lets some charges hang at the gateway."""
        self.client, self.random = client, client.random
        self.hook, self.hangs = hook, hangs
        self.customers: list[str] = []
        self.orders: list[str] = []
        self.invoices: list[str] = []
        self.payments: list[str] = []
        self.sessions: list[str] = []
        self.endpoint: str | None = None

    def one(self, among: list[str]) -> str | None:
        return self.random.choice(among[-NEWEST:]) if among else None

    def keep_invoice(self, made: Any) -> None:
        if made is not None:
            self.invoices.append(made["invoice"]["id"])
            self.payments += [each["id"] for each in made["invoice"]["reimbursement"]["payments"]]

    def keep_payment(self, made: Any) -> None:
        if made is not None:
            self.payments.append(made["payment"]["id"])
