"""What goes over a WebSocket, and what as server-sent events or as JSON."""

from __future__ import annotations

import json
import re

import httpx
import pytest
import websockets

from resolvers.context import Context
from server.bodies import MOST_PARTS
from server.graphql.sse import EventEncoding
from tests.support.client import RECORD, Client
from tests.support.patience import PATIENCE
from tests.support.subscribing import (
    FOLLOW,
    TRANSPORTS,
    ask,
    closing_code,
    connected,
    following,
    payment_on_v,
    running_server,
    streamed,
)

pytestmark = pytest.mark.anyio


async def test_a_connection_says_who_it_is(shop: Client) -> None:
    async with running_server(shop.app) as address:
        url = address.replace("http", "ws", 1)
        for payload in ({}, {"authorization": "Bearer inv_unknown"}, {"Authorization": 5}, "none"):
            async with websockets.connect(url, subprotocols=["graphql-transport-ws"]) as caller:  # type: ignore[list-item]
                await caller.send(json.dumps({"type": "connection_init", "payload": payload}))
                assert await closing_code(caller) == (4400 if payload == "none" else 4403)
        async with websockets.connect(url, subprotocols=["graphql-transport-ws"]) as caller:  # type: ignore[list-item]
            asked = {"query": FOLLOW, "variables": {"id": "v"}}
            await caller.send(json.dumps({"type": "subscribe", "id": "1", "payload": asked}))
            assert await closing_code(caller) == 4401
        headers = {"authorization": f"Bearer {shop.token}"}
        async with websockets.connect(
            url,
            subprotocols=["graphql-transport-ws"],  # type: ignore[list-item]
            additional_headers=headers,
        ) as caller:
            await caller.send(json.dumps({"type": "connection_init"}))
            assert json.loads(await caller.recv())["type"] == "connection_ack"
        stream = {"accept": "text/event-stream"}
        async with httpx.AsyncClient(timeout=PATIENCE) as http:
            answer = await http.post(address, json={"query": FOLLOW}, headers=stream)
        assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (401, "UNAUTHORIZED")


@pytest.mark.parametrize(
    ("origin", "is_let_in"),
    [("https://evil.example", False), ("https://shop.example", True), ("null", False), (None, True)],
)
async def test_pages_of_other_sites_connect_only_where_they_are_let_in(
    shop: Client, origin: str | None, is_let_in: bool
) -> None:
    async with running_server(shop.app) as address:
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
    async with running_server(shop.app) as address, connected(address, shop.token) as caller:
        await caller.send(message)
        assert await closing_code(caller.connection) == 4400
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_binary_and_broken_json_close_the_connection(shop: Client) -> None:
    async with running_server(shop.app) as address:
        for frame in (b"\x00", "{", "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16")):
            async with connected(address, shop.token) as caller:
                await caller.connection.send(frame)
                assert await closing_code(caller.connection) == 4400


async def test_a_message_of_too_many_parts_closes_the_connection(shop: Client) -> None:
    variables: dict[str, list[list[int]]] = {"a": [[]] * MOST_PARTS}
    message = {"type": "subscribe", "id": "1", "payload": {"query": FOLLOW, "variables": variables}}
    async with running_server(shop.app) as address, connected(address, shop.token) as caller:
        await caller.send(message)
        assert await closing_code(caller.connection) == 1009


async def test_a_connection_is_closed_by_a_reason_that_fits(shop: Client) -> None:
    async with running_server(shop.app) as address, connected(address, shop.token) as caller:
        for _ in range(2):
            await caller.subscribe(id="v", subscription_id="é" * 200)
        assert await closing_code(caller.connection) == 4409


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
    async with running_server(shop.app) as address:
        if transport == "sse":
            async with streamed(address, shop.token, document) as stream:
                (error,) = (await stream.next_payload())["errors"]
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

    async with running_server(shop.app) as address, following(transport, address, shop.token, "v") as caller:
        await caller.next_payload()
        monkeypatch.setattr(Context, "renew", failing)
        shop.app.state.watches.notify_all()
        (error,) = (await caller.next_payload())["errors"]
        assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
        assert "secret" not in error["message"]


async def test_what_fails_before_anything_is_executed_is_told_too(
    shop: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def failing(*_: object) -> None:
        raise RuntimeError("a secret")

    async with running_server(shop.app) as address, connected(address, shop.token) as caller:
        monkeypatch.setattr(Context, "renew", failing)
        await caller.subscribe(id="v")
        message = await caller.message()
        assert (message["type"], len(message["payload"])) == ("error", 1)
        assert message["payload"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
        assert "secret" not in str(message)


async def test_queries_and_mutations_come_over_the_socket_too(shop: Client) -> None:
    async with running_server(shop.app) as address, connected(address, shop.token) as caller:
        await caller.subscribe(RECORD, input=payment_on_v(100))
        assert (await caller.next_payload())["data"]["recordPayment"]["payment"]["status"] == "PAID"
        assert (await caller.message())["type"] == "complete"


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
    async with running_server(shop.app) as address, httpx.AsyncClient(timeout=PATIENCE) as http:
        headers = {"authorization": f"Bearer {shop.token}", "accept": accept}
        answer = await http.post(address, json={"query": "{ __typename }"}, headers=headers)
        assert answer.headers["content-type"].partition(";")[0] == media
        follow = {"query": FOLLOW, "variables": {"id": "v"}}
        async with http.stream("POST", address, json=follow, headers=headers) as stream:
            assert stream.headers["content-type"].partition(";")[0] == "text/event-stream"


async def test_a_subscription_is_not_answered_as_json(shop: Client) -> None:
    async with running_server(shop.app) as address, httpx.AsyncClient(timeout=PATIENCE) as http:
        headers = {"authorization": f"Bearer {shop.token}"}
        answer = await http.post(address, json={"query": FOLLOW, "variables": {"id": "v"}}, headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (406, "NOT_ACCEPTABLE")
    assert "text/event-stream" in answer.json()["errors"][0]["message"]


async def test_no_mutation_comes_by_get(shop: Client) -> None:
    async with running_server(shop.app) as address, httpx.AsyncClient(timeout=PATIENCE) as http:
        headers = {"authorization": f"Bearer {shop.token}", "accept": "text/event-stream"}
        given = {"query": RECORD, "variables": json.dumps({"input": payment_on_v(100)})}
        answer = await http.get(address, params=given, headers=headers)
        assert '"data":{' not in answer.text
        standing = '{ invoice(id: "v") { reimbursement { amount_paid } } }'
        assert (await ask(address, shop, standing))["invoice"]["reimbursement"]["amount_paid"] == 0


async def test_lines_of_events_end_with_lf(shop: Client) -> None:
    query = "query { account { id } }"
    async with running_server(shop.app) as address, streamed(address, shop.token, query) as stream:
        sent = "".join([text async for text in stream.answer.aiter_text()])
    first, last, rest = sent.split("\n\n")
    assert first.startswith('event: next\ndata: {"data":')
    assert (last, rest) == ("event: complete\ndata: ", "")
    assert EventEncoding().encode_comment("ping") == ": ping\n\n"


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_what_comes_over_a_connection_is_executed_by_plans(shop: Client, transport: str) -> None:
    """Queries, changes and events are counted like what comes by HTTP; introspection has no plan."""
    asked = {
        '{ invoice(id: "v") { number } }': ("planned", ""),
        'mutation { updateCustomer(input: {id: "ann", name: "A"}) { customer { name } } }': ("planned", ""),
        'subscription { invoiceUpdated(id: "v") { id } }': ("planned", ""),
        "{ __schema { queryType { name } } }": ("interpreted", "unplanned"),
    }
    async with running_server(shop.app) as address:
        for query in asked:
            for _ in range(2):
                await _first_payload(transport, address, shop, query)
        async with httpx.AsyncClient(timeout=PATIENCE) as http:
            metrics = (await http.get(address.replace("graphql", "metrics"))).text
    counted = {
        (way, reason): int(float(count))
        for reason, way, count in re.findall(
            r'invoicing_executions_total{reason="(\w*)",way="(\w+)"} (\S+)', metrics
        )
    }
    assert counted["planned", ""] >= 5
    assert counted["interpreted", "unplanned"] >= 1
    assert sum(counted.values()) == 8


async def _first_payload(transport: str, address: str, shop: Client, query: str) -> None:
    if transport == "sse":
        async with streamed(address, shop.token, query) as stream:
            payload = await stream.next_payload()
    else:
        async with connected(address, shop.token) as caller:
            await caller.subscribe(query)
            payload = await caller.next_payload()
    assert "errors" not in payload
