"""A shop with Ann, Bob and their orders, seen through Polar's doors."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from documents.store import FileStore
from invoicing.customers import sessions
from invoicing.payments import manual
from invoicing.payments.values import RecordPaymentValues
from invoicing.storage.database import Database
from invoicing.storage.tables import new_id
from server.workers.pdf import PdfWorker
from tests.support import factories
from tests.support.client import Client, client
from tests.support.rest_door import check_described

PORTAL, ORDERS, SESSIONS = "/v1/customer-portal/orders", "/v1/orders", "/v1/customer-sessions/"
HOME = {
    "address_line_1": "Oude Delft 1",
    "postal_code": "2611 BA",
    "locality": "Delft",
    "country_code": "NL",
}


@dataclass(frozen=True, slots=True)
class Shop:
    """The merchant, who has a key, and customers in sessions of their own."""

    merchant: Client
    folder: Path

    @property
    def database(self) -> Database:
        return self.merchant.database

    def session(self, customer_id: str, *, began: timedelta = timedelta()) -> Client:
        """A customer in a session that began so long ago."""
        _, token = self.database.write(
            sessions.create_customer_session,
            self.merchant.principal,
            customer_id=customer_id,
            now=datetime.now(UTC) - began,
        )
        return replace(self.merchant, token=token)

    def order(self, *, paid: int = 1_210, **values: Any) -> str:
        """Ann's order of a mug, paid in advance."""
        given = {"customer_id": "ann", **values}
        order = factories.order(self.database, self.merchant.principal, **given)
        if paid:
            self.pay(order.id, paid)
        return order.id

    def pay(self, order_id: str, amount: int) -> None:
        given: RecordPaymentValues = {
            "order_id": order_id,
            "amount": amount,
            "method": "card",
            "idempotency_key": new_id(),
        }
        self.database.write(manual.record_payment, self.merchant.principal, given, now=factories.NOW)

    def make_pdfs(self) -> None:
        asyncio.run(PdfWorker(self.database, FileStore(self.folder / "documents")).drain())


def ask(asker: Client, method: str, path: str, **options: Any) -> httpx.Response:
    """The answer, held against the OpenAPI document."""
    answer = asker.request(method, path, **options)
    check_described(method, path, answer)
    return answer


def opened(database: Database, folder: Path) -> Shop:
    """Ann has an address, Bob has none."""
    shop = Shop(client(database, folder), folder)
    factories.customer(database, shop.merchant.principal, id="ann", handle="ann-1", billing_address=HOME)
    factories.customer(database, shop.merchant.principal, id="bob", name="Bob")
    return shop
