"""Whoever follows an invoice is told of it at once, either way, and of nothing that is not theirs."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets

from documents.store import FileStore
from invoicing.access import Actor, Principal, Scope
from invoicing.storage import after_commit
from invoicing.storage.database import Database
from resolvers import invoices
from resolvers.context import Context
from resolvers.watches import Watches
from server.workers.subscribers import LONGEST, notifying_watches, payloads
from tests.conftest import FreshUrl
from tests.support import factories
from tests.support.client import CREDIT, RECORD, Client, client
from tests.support.subscribing import (
    FOLLOW,
    SOON,
    ask,
    connected,
    following,
    print_all,
    served,
    streamed,
    until,
)

pytestmark = pytest.mark.anyio

NOBODY = Principal("account", Actor("key", "Test", "api_key"), frozenset())
TRANSPORTS = ["websocket", "sse"]
SESSION = "mutation ($input: CreateCustomerSessionInput!) { createCustomerSession(input: $input) { token } }"


@pytest.fixture
def shop(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Client:
    """An invoice `v` of Ann's and one of Ben's. What is heard in time was told: nobody looks again."""
    monkeypatch.setattr(invoices, "POLL_SECONDS", 10 * SOON)
    shop = client(database, tmp_path, cors_origins="https://shop.example")
    for name, invoice in {"ann": "v", "ben": "bens"}.items():
        factories.customer(database, shop.principal, id=name)
        factories.invoice(database, shop.principal, customer_id=name, invoice_id=invoice)
    return shop


def paid(amount: int, **more: Any) -> dict[str, Any]:
    return {"invoice_id": "v", "amount": amount, "method": "CASH", "idempotency_key": f"k{amount}", **more}


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_the_invoice_is_told_now_and_whenever_its_pdf_payment_or_credits_change(
    shop: Client, store: FileStore, transport: str
) -> None:
    async with served(shop.app) as address, following(transport, address, shop.token, "v") as caller:

        async def told() -> dict[str, Any]:
            invoice: dict[str, Any] = (await caller.told())["data"]["invoiceUpdated"]
            return invoice

        first = await told()
        assert (first["pdf_status"], first["pdf_url"], first["state"]) == ("PENDING", None, "PENDING")
        assert first["reimbursement"] == {"status": "OPEN", "amount_paid": 0}

        await print_all(shop, store)
        printed = await told()
        assert printed["pdf_status"] == "READY"
        assert httpx.URL(printed["pdf_url"]).path.endswith(".pdf")

        await ask(address, shop, RECORD, input=paid(100))
        assert (await told())["reimbursement"] == {"status": "PARTIALLY_PAID", "amount_paid": 100}

        await ask(address, shop, CREDIT, input={"invoice_id": "v"})
        credited = await told()
        assert len(credited["credited_by"]) == 1


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_what_changes_in_another_server_is_told_too(
    fresh_postgresql: FreshUrl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, transport: str
) -> None:
    monkeypatch.setattr(invoices, "POLL_SECONDS", 10 * SOON)
    with fresh_postgresql() as url:
        here, there = Database(url), Database(url)
        shop = client(here, tmp_path)
        factories.invoice(here, shop.principal, invoice_id="v")
        other = client(there, tmp_path)
        async with (
            served(shop.app) as address,
            served(other.app) as elsewhere,
            following(transport, address, shop.token, "v") as caller,
        ):
            assert (await caller.told())["data"]["invoiceUpdated"]["state"] == "PENDING"
            await _heard(here)
            await ask(elsewhere, shop, RECORD, input=paid(100))
            told = (await caller.told())["data"]["invoiceUpdated"]
            assert told["reimbursement"]["amount_paid"] == 100


async def _heard(database: Database) -> None:
    """PostgreSQL knows that this server and the other listen."""

    def listeners(connection: Any) -> int:
        query = "SELECT count(*) FROM pg_stat_activity WHERE query = 'LISTEN invoicing_invoices'"
        return int(connection.exec_driver_sql(query).scalar())

    async with asyncio.timeout(SOON):
        while await database.read_async(listeners) < 2:  # noqa: ASYNC110 (nothing tells of it)
            await asyncio.sleep(0.01)


async def test_no_word_is_lost_while_others_are_spoken(
    fresh_postgresql: FreshUrl,
) -> None:
    topics = [after_commit.invoice_topic("account", str(number)) for number in range(500)]
    with fresh_postgresql() as url:
        here, there = Database(url), Database(url)
        watches = Watches()
        with ExitStack() as stack:
            waiting = [stack.enter_context(watches.watch(topic, NOBODY)) for topic in topics]
            async with notifying_watches(here, Watches()), notifying_watches(there, watches):
                await _heard(here)
                for watch in waiting:
                    await watch.wait(0)  # it was told once when its server began to listen
                for topic in topics:
                    for listener in here.listeners:
                        listener({topic})
                    await asyncio.sleep(0.0005)
                told = await asyncio.gather(*(watch.wait(SOON) for watch in waiting))
        assert all(told)


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_what_is_not_theirs_is_not_found(shop: Client, transport: str) -> None:
    neighbour = shop.neighbour()
    async with served(shop.app) as address:
        session = await ask(address, shop, SESSION, input={"customer_id": "ann"})
        ann = session["createCustomerSession"]["token"]
        for token, invoice in [(shop.token, "none"), (neighbour.token, "v"), (ann, "bens")]:
            async with following(transport, address, token, invoice) as caller:
                (error,) = (await caller.told())["errors"]
                assert (error["extensions"]["code"], error["path"]) == ("NOT_FOUND", ["invoiceUpdated"])
        async with following(transport, address, ann, "v") as caller:
            assert (await caller.told())["data"]["invoiceUpdated"]["id"] == "v"


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_the_scope_is_that_of_the_query(shop: Client, transport: str) -> None:
    limited = shop.limited_to(Scope.ORDERS_READ)
    async with served(shop.app) as address, following(transport, address, limited.token, "v") as caller:
        (error,) = (await caller.told())["errors"]
        assert error["extensions"]["code"] == "FORBIDDEN"


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_it_ends_with_the_key(shop: Client, monkeypatch: pytest.MonkeyPatch, transport: str) -> None:
    monkeypatch.setattr(invoices, "POLL_SECONDS", 0.01)
    other = shop.limited_to(Scope.INVOICES_READ)
    revoke = "mutation ($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) { api_key { id } } }"
    async with served(shop.app) as address, following(transport, address, other.token, "v") as caller:
        await caller.told()
        await ask(address, shop, revoke, input={"id": other.principal.actor.id})
        (error,) = (await caller.told())["errors"]
        assert error["extensions"]["code"] == "UNAUTHORIZED"


async def test_a_connection_says_who_it_is(shop: Client) -> None:
    async with served(shop.app) as address:
        url = address.replace("http", "ws", 1)
        for payload in ({}, {"authorization": "Bearer inv_unknown"}, {"Authorization": 5}, "none"):
            async with websockets.connect(url, subprotocols=["graphql-transport-ws"]) as caller:  # type: ignore[list-item]
                await caller.send(json.dumps({"type": "connection_init", "payload": payload}))
                assert await _closed(caller) == (4400 if payload == "none" else 4403)
        async with websockets.connect(url, subprotocols=["graphql-transport-ws"]) as caller:  # type: ignore[list-item]
            asked = {"query": FOLLOW, "variables": {"id": "v"}}
            await caller.send(json.dumps({"type": "subscribe", "id": "1", "payload": asked}))
            assert await _closed(caller) == 4401
        headers = {"authorization": f"Bearer {shop.token}"}
        async with websockets.connect(
            url,
            subprotocols=["graphql-transport-ws"],  # type: ignore[list-item]
            additional_headers=headers,
        ) as caller:
            await caller.send(json.dumps({"type": "connection_init"}))
            assert json.loads(await caller.recv())["type"] == "connection_ack"
        stream = {"accept": "text/event-stream"}
        async with httpx.AsyncClient() as http:
            answer = await http.post(address, json={"query": FOLLOW}, headers=stream)
        assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (401, "UNAUTHORIZED")


@pytest.mark.parametrize(
    ("origin", "is_let_in"),
    [("https://evil.example", False), ("https://shop.example", True), ("null", False), (None, True)],
)
async def test_pages_of_other_sites_connect_only_where_they_are_let_in(
    shop: Client, origin: str | None, is_let_in: bool
) -> None:
    async with served(shop.app) as address:
        if is_let_in:
            async with connected(address, shop.token, origin=origin):
                pass
            async with connected(address, shop.token, origin=address.removesuffix("/graphql")):
                pass
        else:
            with pytest.raises(websockets.InvalidStatus, match="403"):
                async with connected(address, shop.token, origin=origin):
                    pass


@pytest.mark.parametrize(
    "message",
    [
        [],
        5,
        {},
        {"type": 5},
        {"type": "unknown"},
        {"type": "x" * 500},
        {"type": "complete", "id": []},
        {"type": "complete", "id": "é" * 256},
        {"type": "subscribe", "id": "1"},
        {"type": "subscribe", "id": [], "payload": {"query": FOLLOW}},
        {"type": "subscribe", "id": "1", "payload": []},
        {"type": "subscribe", "id": "1", "payload": {"query": 5}},
        {"type": "subscribe", "id": "1", "payload": {"query": FOLLOW, "variables": [1]}},
        {"type": "subscribe", "id": "1", "payload": {"query": FOLLOW, "operationName": {}}},
    ],
)
async def test_what_is_no_message_closes_the_connection(
    shop: Client, message: object, caplog: pytest.LogCaptureFixture
) -> None:
    async with served(shop.app) as address, connected(address, shop.token) as caller:
        await caller.say(message)
        assert await _closed(caller.connection) == 4400
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_binary_and_broken_json_close_the_connection(shop: Client) -> None:
    async with served(shop.app) as address:
        for frame in (b"\x00", "{", "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16")):
            async with connected(address, shop.token) as caller:
                await caller.connection.send(frame)
                assert await _closed(caller.connection) == 4400


async def test_a_connection_is_closed_by_a_reason_that_fits(shop: Client) -> None:
    async with served(shop.app) as address, connected(address, shop.token) as caller:
        for _ in range(2):
            await caller.subscribe(id="v", named="é" * 200)
        assert await _closed(caller.connection) == 4409


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("\0", "GRAPHQL_PARSE_FAILED"),
        ("# nothing", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("query A { __typename } query B { __typename }", "BAD_REQUEST"),
    ],
)
async def test_what_cannot_be_executed_is_told(
    shop: Client, transport: str, document: str, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with served(shop.app) as address:
        if transport == "sse":
            async with streamed(address, shop.token, document) as stream:
                (error,) = (await stream.told())["errors"]
        else:
            async with connected(address, shop.token) as caller:
                await caller.subscribe(document)
                message = await caller.message()
                assert message["type"] == "error"
                (error,) = message["payload"]
    assert error["extensions"]["code"] == code
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_what_fails_is_told_without_its_reason(
    shop: Client, monkeypatch: pytest.MonkeyPatch, transport: str
) -> None:
    async def failing(*_: object) -> None:
        raise RuntimeError("a secret")

    async with served(shop.app) as address, following(transport, address, shop.token, "v") as caller:
        await caller.told()
        monkeypatch.setattr(Context, "renew", failing)
        shop.app.state.watches.notify_all()
        (error,) = (await caller.told())["errors"]
        assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
        assert "secret" not in error["message"]


async def test_what_fails_before_anything_is_executed_is_told_too(
    shop: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def failing(*_: object) -> None:
        raise RuntimeError("a secret")

    async with served(shop.app) as address, connected(address, shop.token) as caller:
        monkeypatch.setattr(Context, "renew", failing)
        await caller.subscribe(id="v")
        message = await caller.message()
        assert (message["type"], len(message["payload"])) == ("error", 1)
        assert message["payload"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
        assert "secret" not in str(message)


async def test_the_limits_are_those_of_http(shop: Client) -> None:
    aliases = " ".join(f"a{n}: __typename" for n in range(60))
    async with served(shop.app) as address, connected(address, shop.token) as caller:
        await caller.subscribe(f"{{ {aliases} }}")
        message = await caller.message()
        assert message["type"] == "error"
        assert message["payload"][0]["extensions"]["code"] == "QUERY_TOO_COMPLEX"


async def test_queries_and_mutations_come_over_the_socket_too(shop: Client) -> None:
    async with served(shop.app) as address, connected(address, shop.token) as caller:
        await caller.subscribe(RECORD, input=paid(100))
        assert (await caller.told())["data"]["recordPayment"]["payment"]["status"] == "PAID"
        assert (await caller.message())["type"] == "complete"


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_nobody_waits_for_a_caller_who_is_gone(shop: Client, transport: str) -> None:
    async with served(shop.app) as address:
        async with AsyncExitStack() as callers:
            for _ in range(3):
                caller = await callers.enter_async_context(following(transport, address, shop.token, "v"))
                await caller.told()
            assert len(shop.app.state.watches) == 3
            async with httpx.AsyncClient() as http:
                metrics = await http.get(address.replace("graphql", "metrics"))
            assert "\ninvoicing_watches 3.0\n" in metrics.text
        await until(lambda: len(shop.app.state.watches) == 0)


async def test_whoever_completes_is_told_no_more(shop: Client) -> None:
    async with served(shop.app) as address, connected(address, shop.token) as caller:
        await caller.subscribe(id="v")
        await caller.told()
        await caller.say({"type": "complete", "id": "1"})
        await until(lambda: len(shop.app.state.watches) == 0)


async def test_a_server_that_ends_cuts_off_and_does_not_complete(shop: Client) -> None:
    async with AsyncExitStack() as callers:
        async with served(shop.app) as address:
            caller = await callers.enter_async_context(connected(address, shop.token))
            await caller.subscribe(id="v")
            await caller.told()
            stream = await callers.enter_async_context(streamed(address, shop.token, id="v"))
            await stream.told()
        assert await _closed(caller.connection) == 1012  # the client comes again
        assert [line async for line in stream.lines] == []


async def test_a_thousand_who_only_listen_keep_nobody_waiting(shop: Client) -> None:
    async with served(shop.app) as address, AsyncExitStack() as callers:
        for _ in range(1_000):
            await callers.enter_async_context(connected(address, shop.token, ping_interval=None))
        async with asyncio.timeout(SOON):
            assert (await ask(address, shop, "{ account { name } }"))["account"]


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("text/event-stream", "text/event-stream"),
        ("application/json, text/event-stream", "application/json"),
        (
            "application/graphql-response+json, application/json, text/event-stream, multipart/mixed",
            "application/graphql-response+json",
        ),
    ],
)
async def test_what_has_one_answer_comes_as_json_where_that_is_taken(
    shop: Client, accept: str, media: str
) -> None:
    async with served(shop.app) as address, httpx.AsyncClient() as http:
        headers = {"authorization": f"Bearer {shop.token}", "accept": accept}
        answer = await http.post(address, json={"query": "{ __typename }"}, headers=headers)
        assert answer.headers["content-type"].partition(";")[0] == media
        follow = {"query": FOLLOW, "variables": {"id": "v"}}
        async with http.stream("POST", address, json=follow, headers=headers) as stream:
            assert stream.headers["content-type"].partition(";")[0] == "text/event-stream"


async def test_a_subscription_is_not_answered_as_json(shop: Client) -> None:
    async with served(shop.app) as address, httpx.AsyncClient() as http:
        headers = {"authorization": f"Bearer {shop.token}"}
        answer = await http.post(address, json={"query": FOLLOW, "variables": {"id": "v"}}, headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (406, "NOT_ACCEPTABLE")
    assert "text/event-stream" in answer.json()["errors"][0]["message"]


async def test_no_mutation_comes_by_get(shop: Client) -> None:
    async with served(shop.app) as address, httpx.AsyncClient() as http:
        headers = {"authorization": f"Bearer {shop.token}", "accept": "text/event-stream"}
        given = {"query": RECORD, "variables": json.dumps({"input": paid(100)})}
        answer = await http.get(address, params=given, headers=headers)
        assert '"data":{' not in answer.text
        standing = '{ invoice(id: "v") { reimbursement { amount_paid } } }'
        assert (await ask(address, shop, standing))["invoice"]["reimbursement"]["amount_paid"] == 0


WAIT = 'query ($ms: Int) { invoice(id: "v", wait_for_pdf_ms: $ms) { pdf_status pdf_url } }'


async def test_the_query_waits_for_the_pdf(shop: Client, store: FileStore) -> None:
    async with served(shop.app) as address:
        waiting = asyncio.create_task(ask(address, shop, WAIT, ms=10_000))
        await until(lambda: len(shop.app.state.watches) == 1)
        await print_all(shop, store)
        assert (await waiting)["invoice"]["pdf_status"] == "READY"
        assert (await ask(address, shop, WAIT, ms=10_000))["invoice"]["pdf_url"]
    assert len(shop.app.state.watches) == 0


async def test_a_server_that_ends_lets_nobody_wait_for_a_pdf(shop: Client) -> None:
    async with served(shop.app) as address:
        waiting = asyncio.create_task(ask(address, shop, WAIT, ms=10_000))
        await until(lambda: len(shop.app.state.watches) == 1)
    assert (await waiting)["invoice"]["pdf_status"] == "PENDING"


async def test_it_waits_no_longer_than_it_is_told(shop: Client) -> None:
    async with served(shop.app) as address:
        for ms in (None, 0, 1, 50):
            assert (await ask(address, shop, WAIT, ms=ms))["invoice"]["pdf_status"] == "PENDING"


@pytest.mark.parametrize("ms", [-1, 10_001, 2**31 - 1])
def test_it_waits_ten_seconds_at_most(shop: Client, ms: int) -> None:
    refusal = shop.refused(WAIT, ms=ms)
    assert (refusal.code, refusal.field) == ("VALIDATION_ERROR", "wait_for_pdf_ms")


def test_a_word_is_no_longer_than_postgresql_takes() -> None:
    topics = [f"{number:05}é" for number in range(5_000)]
    spoken = list(payloads("me", topics))
    assert [topic for word in spoken for topic in word.split("\n")[1:]] == topics
    assert all(len(word.encode()) <= LONGEST and word.startswith("me\n") for word in spoken)
    assert list(payloads("me", [])) == []


async def _closed(connection: websockets.ClientConnection) -> int:
    async with asyncio.timeout(SOON):
        await connection.wait_closed()
    assert connection.close_code is not None
    return connection.close_code
