"""A client with its own API key, which sends GraphQL over HTTP to a server in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette

from invoicing.access import Actor, Principal, Scope
from invoicing.accounts import api_keys
from invoicing.storage.database import Database
from server.app import create_app
from server.settings import Settings
from tests.support import factories

BASE_URL = "https://invoices.example"

CREATE_CUSTOMER = (
    "mutation ($input: CreateCustomerInput!) { createCustomer(input: $input) { customer { id } } }"
)
CREATE_ORDER = "mutation ($input: CreateOrderInput!) { createOrder(input: $input) { order { id } } }"
SHIP = "mutation ($input: ShipOrderItemsInput!) { shipOrderItems(input: $input) { items { id } } }"
INVOICE_ITEMS = (
    "mutation ($input: InvoiceItemsInput!) { invoiceItems(input: $input) { invoice { id number total } } }"
)
INVOICE_ORDER = (
    "mutation ($input: InvoiceOrderInput!) { invoiceOrder(input: $input) { invoice { id number total } } }"
)
CREATE_INVOICE = (
    "mutation ($input: CreateInvoiceInput!) { createInvoice(input: $input) { invoice { id number total } } }"
)
CANCEL = (
    "mutation ($input: CancelOrderItemsInput!) { cancelOrderItems(input: $input) "
    "{ contra_items { id quantity contra_of { id } } } }"
)
RETURN = (
    "mutation ($input: ReturnOrderItemsInput!) { returnOrderItems(input: $input) "
    "{ contra_items { id quantity contra_of { id } } } }"
)
CREDIT = (
    "mutation ($input: CreditInvoiceInput!) { creditInvoice(input: $input) { invoice { id number total } } }"
)
RECORD = (
    "mutation ($input: RecordPaymentInput!) { recordPayment(input: $input) "
    "{ payment { id status amount } order { id is_paid } invoice { id state } } }"
)
SETTLE = (
    "mutation ($input: SettleInvoiceInput!) { settleInvoice(input: $input) "
    "{ payment { id status error } invoice { id state } } }"
)
SETTLE_MANUALLY = (
    "mutation ($input: SettleInvoiceManuallyInput!) { settleInvoiceManually(input: $input) "
    "{ payment { id status method paid_at } invoice { id state } } }"
)
REFUND = (
    "mutation ($input: RefundPaymentInput!) { refundPayment(input: $input) "
    "{ refund { id type status amount refund_of error } payment { id } } }"
)
ADD_METHOD = (
    "mutation ($input: AddPaymentMethodInput!) { addPaymentMethod(input: $input) "
    "{ payment_method { id gateway label state } } }"
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """One GraphQL error of a response."""

    code: str
    message: str
    field: str | None
    ids: list[str]
    path: list[str | int] | None
    request_id: str | None

    @classmethod
    def of(cls, error: dict[str, Any]) -> Refusal:
        extensions = error["extensions"]
        return cls(
            extensions["code"],
            error["message"],
            extensions.get("field"),
            extensions.get("ids", []),
            error.get("path"),
            extensions.get("request_id"),
        )


@dataclass(frozen=True, slots=True)
class Client:
    """Sends requests with its token; `principal` is the token's principal."""

    app: Starlette
    database: Database
    principal: Principal
    token: str | None

    def ask(self, query: str, **variables: Any) -> Any:
        """Runs an operation without errors; returns its data."""
        return data(self.post(query, **variables))

    def refused(self, query: str, **variables: Any) -> Refusal:
        """Runs an operation with one error; returns the error."""
        (error,) = self.errors(query, **variables)
        return error

    def errors(self, query: str, **variables: Any) -> list[Refusal]:
        return errors(self.post(query, **variables))

    def post(self, query: str, **variables: Any) -> httpx.Response:
        return self.request("POST", json={"query": query, "variables": variables})

    def request(self, method: str, path: str = "/graphql", **options: Any) -> httpx.Response:
        (response,) = self.at_once([{"method": method, "url": path, **options}])
        return response

    def posts(self, query: str, inputs: Iterable[dict[str, Any]]) -> list[httpx.Response]:
        """Sends a mutation with each of the inputs, all at the same time."""
        bodies = [{"query": query, "variables": {"input": input}} for input in inputs]
        return self.at_once([{"method": "POST", "url": "/graphql", "json": body} for body in bodies])

    def at_once(self, requests: Sequence[dict[str, Any]]) -> list[httpx.Response]:
        async def send_all() -> list[httpx.Response]:
            headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url=BASE_URL, headers=headers) as http:
                return await asyncio.gather(*(http.request(**request) for request in requests))

        return asyncio.run(send_all())

    def limited_to(self, *scopes: Scope) -> Client:
        """A client of the same account with a key that has only these scopes."""
        return replace(self, **_key(self.database, self.principal.account_id, scopes))

    def without_key(self) -> Client:
        return replace(self, token=None)

    def neighbour(self) -> Client:
        """A client of another account on the same server."""
        return _client(self.app, self.database)


def client(database: Database, folder: Path, **settings: Any) -> Client:
    """A server on the database, and a client with all scopes in a new account."""
    server_settings = Settings(data_dir=folder, secret_key="s" * 32, **{"workers": 0, **settings})
    return _client(create_app(server_settings, database, base_url=BASE_URL), database)


def data(response: httpx.Response) -> Any:
    body = response.json()
    assert "errors" not in body, body["errors"]
    return body["data"]


def errors(response: httpx.Response) -> list[Refusal]:
    return [Refusal.of(error) for error in response.json()["errors"]]


def _client(app: Starlette, database: Database) -> Client:
    account_id = factories.principal(database).account_id
    return Client(app, database, **_key(database, account_id, Scope))


def _key(database: Database, account_id: str, scopes: Iterable[Scope]) -> dict[str, Any]:
    key, token = database.write(
        api_keys.create_api_key, account_id, name="Back office", scopes=scopes, now=factories.NOW
    )
    actor = Actor(key.id, key.name, "api_key")
    return {"token": token, "principal": Principal(account_id, actor, frozenset(scopes))}
