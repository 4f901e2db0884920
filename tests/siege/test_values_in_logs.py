"""Connections that end in the middle of statements: no value that was sent, read or made is in the log."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from structlog.processors import format_exc_info
from structlog.testing import capture_logs

from invoicing.storage.database import Database
from tests.conftest import FreshUrl
from tests.support import factories
from tests.support.client import CREATE_CUSTOMER, CREATE_INVOICE, CREATE_ORDER, Client, client
from tests.support.rest_door import basic

STREET = {"address_line_1": "ziegel-street 7", "locality": "ziegel-town", "country_code": "DE"}
ORDER_LINES = [{"ordertext": "ziegel-line", "amount": 1, "vat": 0, "quantity": 1}]
UPDATE_ACCOUNT = "mutation ($input: UpdateAccountInput!) { updateAccount(input: $input) { account { id } } }"
ADD_ENDPOINT = (
    "mutation ($input: CreateWebhookEndpointInput!) { createWebhookEndpoint(input: $input) { secret } }"
)
CREATE_SESSION = (
    "mutation ($input: CreateCustomerSessionInput!) { createCustomerSession(input: $input) { token } }"
)
SEARCH = "query ($input: String) { customers(search: $input) { nodes { id email } } }"

CALLS: Mapping[str, tuple[str, str, Any]] = {
    "customer": (
        "customers",
        CREATE_CUSTOMER,
        {"name": "ziegel-name", "email": "ziegel@example.org", "billing_address": STREET},
    ),
    "order": (
        "orders",
        CREATE_ORDER,
        {
            "billing_name": "ziegel-name",
            "billing_address": STREET,
            "metadata": {"note": "ziegel-note"},
            "items": [factories.item(name="ziegel-item")],
        },
    ),
    "invoice": (
        "invoices",
        CREATE_INVOICE,
        {
            "handle": "ziegel-invoice",
            "customer_handle": "ann",
            "order_lines": [factories.order_line(text="ziegel-line")],
            "billing_address": STREET,
        },
    ),
    "account": ("accounts", UPDATE_ACCOUNT, {"legal_name": "ziegel-legal", "iban": "DE89370400440532013000"}),
    "endpoint": (
        "webhook_endpoints",
        ADD_ENDPOINT,
        {
            "url": "https://127.0.0.1/hook?token=ziegel-token",
            "description": "ziegel-text",
            "events": ["INVOICE_CREATED"],
        },
    ),
    "session": ("customer_sessions", CREATE_SESSION, {"customer_handle": "ann"}),
    "search": ("customers", SEARCH, "ziegel-word"),
}
SECRET_PARTS = ("ziegel", "DE89370400440532013000", "whsec_", "ann@example.org", "inv_")


@pytest.fixture
def shop(fresh_postgresql: FreshUrl, tmp_path: Path) -> Iterator[Client]:
    with fresh_postgresql() as url:
        database = Database(url)
        shop = client(database, tmp_path, webhook_private_addresses=True)
        factories.customer(database, shop.principal, handle="ann", email="ann@example.org")
        yield shop
        database.close()


@pytest.mark.parametrize("kind", CALLS)
def test_a_statement_that_is_cut_off_puts_no_value_in_the_log(
    shop: Client, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    table, document, input = CALLS[kind]
    body = {"query": document, "variables": {"input": input}}
    with capture_logs([format_exc_info]) as logs:
        answer = cut_off(shop, table, {"method": "POST", "path": "/graphql", "json": body})
    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == "UNAVAILABLE"
    assert_holds_no_value(f"{logs}\n{caplog.text}")


def test_a_statement_of_rest_that_is_cut_off_puts_no_value_in_the_log(
    shop: Client, caplog: pytest.LogCaptureFixture
) -> None:
    request = {
        "method": "POST",
        "path": "/v1/customer/ann/invoice",
        "json": {"handle": "ziegel-invoice", "order_lines": ORDER_LINES},
        "headers": basic(str(shop.token)),
    }
    with capture_logs([format_exc_info]) as logs:
        answer = cut_off(shop, "invoices", request)
    assert answer.status_code == 503
    assert_holds_no_value(f"{logs}\n{caplog.text}")


def assert_holds_no_value(log: str) -> None:
    assert "request" in log
    assert [part for part in SECRET_PARTS if part in log] == []


def cut_off(shop: Client, table: str, request: dict[str, Any]) -> httpx.Response:
    """The answer to a request whose statements wait for a lock, and are ended there each time."""
    answers: list[httpx.Response] = []
    asking = threading.Thread(target=lambda: answers.append(shop.request(**request)))
    url = shop.database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as locked, psycopg.connect(url, autocommit=True) as administrator:
        locked.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE".encode())
        asking.start()
        while asking.is_alive():
            administrator.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            asking.join(0.01)
    return answers[0]
