"""A subscription ends with its key, its client or its server."""

from __future__ import annotations

from contextlib import AsyncExitStack

import httpx
import pytest

from invoicing.access import Scope
from resolvers import watches
from tests.support import factories
from tests.support.client import Client
from tests.support.patience import PATIENCE, eventually
from tests.support.subscribing import (
    TRANSPORTS,
    ask,
    closing_code,
    connected,
    following,
    running_server,
    streamed,
)

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_it_ends_with_the_key(shop: Client, monkeypatch: pytest.MonkeyPatch, transport: str) -> None:
    monkeypatch.setattr(watches, "POLL_SECONDS", 0.01)
    other = shop.limited_to(Scope.INVOICES_READ)
    revoke = "mutation ($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) { api_key { id } } }"
    async with running_server(shop.app) as address, following(transport, address, other.token, "v") as caller:
        await caller.next_payload()
        await ask(address, shop, revoke, input={"id": other.principal.actor.id})
        (error,) = (await caller.next_payload())["errors"]
        assert error["extensions"]["code"] == "UNAUTHORIZED"


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_session_follows_no_more_once_the_key_that_made_it_ended(
    shop: Client, monkeypatch: pytest.MonkeyPatch, transport: str
) -> None:
    monkeypatch.setattr(watches, "POLL_SECONDS", 0.01)
    factories.customer(shop.database, shop.principal, id="eve")
    factories.invoice(shop.database, shop.principal, invoice_id="eves", customer_id="eve")
    desk = shop.limited_to(Scope.SESSIONS_WRITE)
    create = 'mutation { createCustomerSession(input: {customer_id: "eve"}) { token } }'
    revoke = "mutation ($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) { api_key { id } } }"
    async with running_server(shop.app) as address:
        token = (await ask(address, desk, create))["createCustomerSession"]["token"]
        async with following(transport, address, token, "eves") as caller:
            await caller.next_payload()
            await ask(address, shop, revoke, input={"id": desk.principal.actor.id})
            (error,) = (await caller.next_payload())["errors"]
            assert error["extensions"]["code"] == "UNAUTHORIZED"


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_nobody_waits_for_a_caller_who_is_gone(shop: Client, transport: str) -> None:
    async with running_server(shop.app) as address:
        async with AsyncExitStack() as callers:
            for _ in range(3):
                caller = await callers.enter_async_context(following(transport, address, shop.token, "v"))
                await caller.next_payload()
            assert len(shop.app.state.watches) == 3
            async with httpx.AsyncClient(timeout=PATIENCE) as http:
                metrics = await http.get(address.replace("graphql", "metrics"))
            assert "\ninvoicing_watches 3.0\n" in metrics.text
        await eventually(lambda: len(shop.app.state.watches) == 0)


async def test_whoever_completes_is_told_no_more(shop: Client) -> None:
    async with running_server(shop.app) as address, connected(address, shop.token) as caller:
        await caller.subscribe(id="v")
        await caller.next_payload()
        await caller.send({"type": "complete", "id": "1"})
        await eventually(lambda: len(shop.app.state.watches) == 0)


async def test_a_server_that_ends_cuts_off_and_does_not_complete(shop: Client) -> None:
    async with AsyncExitStack() as callers:
        async with running_server(shop.app) as address:
            caller = await callers.enter_async_context(connected(address, shop.token))
            await caller.subscribe(id="v")
            await caller.next_payload()
            stream = await callers.enter_async_context(streamed(address, shop.token, id="v"))
            await stream.next_payload()
        assert await closing_code(caller.connection) == 1012  # the client comes again
        assert [line async for line in stream.lines] == []
