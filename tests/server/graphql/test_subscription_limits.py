"""How much may be followed at once, by one key or customer and on one connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from invoicing.access import Scope
from invoicing.customers import sessions
from invoicing.storage.database import Database
from tests.support import factories
from tests.support.client import Client, client
from tests.support.patience import PATIENCE, eventually
from tests.support.subscribing import (
    TRANSPORTS,
    ask,
    connected,
    following,
    running_server,
)

pytestmark = pytest.mark.anyio

WAIT = 'query { invoice(id: "v", wait_for_pdf_ms: 10000) { id } }'

COUNTED = '\ninvoicing_socket_operations_total{operation="(unnamed)"} 1.0\n'


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    """It lets each of its callers follow two invoices; Ann's `v` is one."""
    shop = client(database, tmp_path, max_watches=2)
    factories.customer(database, shop.principal, id="ann")
    factories.invoice(database, shop.principal, customer_id="ann", invoice_id="v")
    return shop


@pytest.fixture
async def address(shop: Client) -> AsyncIterator[str]:
    async with running_server(shop.app) as address:
        yield address


def code_of(told: dict[str, Any]) -> str:
    (error,) = told["errors"]
    code: str = error["extensions"]["code"]
    return code


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_key_follows_so_many_and_then_no_more_until_one_is_ended(
    shop: Client, address: str, transport: str
) -> None:
    async with following(transport, address, shop.token, "v") as first:
        await first.next_payload()
        async with following(transport, address, shop.token, "v") as second:
            await second.next_payload()
            async with following(transport, address, shop.token, "v") as third:
                told = await third.next_payload()
                assert code_of(told) == "TOO_MANY_SUBSCRIPTIONS"
                assert told["errors"][0]["path"] == ["invoiceUpdated"]
            async with httpx.AsyncClient(headers={"authorization": f"Bearer {shop.token}"}) as http:
                answer = await http.post(address, json={"query": WAIT})
            assert code_of(answer.json()) == "TOO_MANY_SUBSCRIPTIONS"
        await eventually(lambda: len(shop.app.state.watches) == 1)
        async with following(transport, address, shop.token, "v") as again:
            assert "errors" not in await again.next_payload()


async def test_what_one_key_or_customer_follows_is_not_counted_for_another(
    shop: Client, address: str
) -> None:
    _, ann = shop.database.write(
        sessions.create_customer_session, shop.principal, customer_id="ann", now=datetime.now(UTC)
    )
    other = shop.limited_to(Scope.INVOICES_READ)
    async with AsyncExitStack() as callers:
        for token in (shop.token, other.token, ann) * 2:
            caller = await callers.enter_async_context(following("websocket", address, token, "v"))
            assert "errors" not in await caller.next_payload()
        caller = await callers.enter_async_context(following("websocket", address, ann, "v"))
        assert code_of(await caller.next_payload()) == "TOO_MANY_SUBSCRIPTIONS"


async def test_a_connection_has_a_hundred_operations_at_once(database: Database, tmp_path: Path) -> None:
    shop = client(database, tmp_path)
    factories.invoice(database, shop.principal, invoice_id="v")
    async with running_server(shop.app) as address, connected(address, shop.token) as caller:
        for number in range(100):
            await caller.subscribe(subscription_id=str(number), id="v")
            await caller.next_payload()
        await caller.subscribe(subscription_id="100", id="v")
        refusal = await caller.message()
        assert (refusal["type"], refusal["id"]) == ("error", "100")
        assert code_of({"errors": refusal["payload"]}) == "TOO_MANY_SUBSCRIPTIONS"
        await caller.send({"type": "complete", "id": "0"})
        await caller.subscribe(subscription_id="100", id="v")
        assert (await caller.message())["id"] == "100"


async def test_operations_over_sockets_are_counted_once_they_have_ended(shop: Client, address: str) -> None:
    async with connected(address, shop.token) as caller:
        await caller.subscribe("{ __typename }")
        await caller.next_payload()
        assert (await caller.message())["type"] == "complete"
        async with httpx.AsyncClient(timeout=PATIENCE) as http, asyncio.timeout(PATIENCE):
            while COUNTED not in (await http.get(address.replace("graphql", "metrics"))).text:  # noqa: ASYNC110 (nothing tells of it)
                await asyncio.sleep(0.01)


async def test_the_limits_are_those_of_http(shop: Client) -> None:
    aliases = " ".join(f"a{n}: __typename" for n in range(60))
    async with running_server(shop.app) as address, connected(address, shop.token) as caller:
        await caller.subscribe(f"{{ {aliases} }}")
        message = await caller.message()
        assert message["type"] == "error"
        assert message["payload"][0]["extensions"]["code"] == "QUERY_TOO_COMPLEX"


async def test_a_thousand_who_only_listen_keep_nobody_waiting(shop: Client) -> None:
    async with running_server(shop.app) as address, AsyncExitStack() as callers:
        for _ in range(1_000):
            await callers.enter_async_context(connected(address, shop.token, ping_interval=None))
        async with asyncio.timeout(PATIENCE):
            assert (await ask(address, shop, "{ account { name } }"))["account"]


async def test_each_operation_of_a_connection_counts_against_the_rate_limit(
    database: Database, tmp_path: Path
) -> None:
    limited = client(database, tmp_path, rate_limit="1/h burst 2")
    async with running_server(limited.app) as address, connected(address, limited.token) as caller:
        for number in ("1", "2"):
            await caller.subscribe("{ account { id } }", subscription_id=number)
            assert [(await caller.message())["type"] for _ in range(2)] == ["next", "complete"]
        await caller.subscribe("{ account { id } }", subscription_id="3")
        told = await caller.message()
    assert (told["id"], told["type"]) == ("3", "error")
    assert told["payload"][0]["extensions"]["code"] == "RATE_LIMITED"
    assert told["payload"][0]["extensions"]["retry_after"] > 0
