"""What may be said over a WebSocket before it is known who speaks, and besides operations."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import websockets
from websockets.frames import Frame, Opcode

from server.connections import websocket as sockets
from server.graphql.websocket import LONGEST_PING, SMALL_TALK
from tests.support.client import Client
from tests.support.patience import PATIENCE
from tests.support.subscribing import closing_code, connected, running_server

pytestmark = pytest.mark.anyio

INIT = {"type": "connection_init", "payload": {}}
PING = {"type": "ping"}
TOO_BIG, POLICY_VIOLATION = 1009, 1008


@pytest.fixture
async def address(shop: Client) -> AsyncIterator[str]:
    async with running_server(shop.app) as address:
        yield address


def stranger(address: str) -> websockets.connect:
    url = address.replace("http", "ws", 1)
    return websockets.connect(url, subprotocols=["graphql-transport-ws"], open_timeout=PATIENCE)  # type: ignore[list-item]


async def test_messages_are_not_compressed(address: str) -> None:
    async with stranger(address) as connection:
        offered = connection.request.headers["Sec-WebSocket-Extensions"] if connection.request else ""
        assert "permessage-deflate" in offered
        assert connection.protocol.extensions == []


@pytest.mark.parametrize(
    "message", [PING, {"type": "pong"}, {"type": "complete", "id": "1"}, {"type": "unknown"}]
)
async def test_who_speaks_before_they_say_who_they_are_is_unauthorized(
    address: str, message: dict[str, Any]
) -> None:
    async with stranger(address) as connection:
        await connection.send(json.dumps(message))
        await connection.send(json.dumps(message))
        assert await closing_code(connection) == 4401


async def test_a_stranger_says_little(address: str) -> None:
    message = json.dumps({**INIT, "payload": {"a": "x" * sockets.MOST_BEFORE_KNOWN}})
    async with stranger(address) as connection:
        await connection.send(message)
        assert await closing_code(connection) == TOO_BIG
    async with stranger(address) as connection:  # in parts it is one message too
        half = len(message) // 2
        await connection.send([message[:half], message[half:]])
        assert await closing_code(connection) == TOO_BIG


async def test_whoever_is_known_sends_what_is_as_large_as_a_body(shop: Client, address: str) -> None:
    async with connected(address, shop.token) as caller:
        await caller.subscribe("{ __typename }", unused="x" * 500_000)
        assert [(await caller.message())["type"] for _ in range(2)] == ["next", "complete"]


async def test_a_ping_is_small(shop: Client, address: str) -> None:
    async with connected(address, shop.token) as caller:
        await caller.send({**PING, "payload": {"a": "x" * (LONGEST_PING - 100)}})
        assert await caller.message() == {"type": "pong"}
        await caller.send({**PING, "payload": {"a": "x" * LONGEST_PING}})
        assert await closing_code(caller.connection) == 4400


async def test_a_connection_does_not_only_make_small_talk(shop: Client, address: str) -> None:
    async with connected(address, shop.token, max_queue=None) as caller:
        await caller.subscribe("{ __typename }")  # an operation is no small talk
        sent = [json.dumps(PING)] * (SMALL_TALK.burst * 10)
        burst = b"".join(frame(text.encode()) for text in sent)
        caller.connection.transport.write(burst)
        assert await closing_code(caller.connection) == 4400


@pytest.mark.parametrize(
    ("opcode", "code"),
    [(Opcode.TEXT, 4400), (Opcode.PING, POLICY_VIOLATION), (Opcode.PONG, POLICY_VIOLATION)],
)
async def test_whoever_sends_frames_of_nothing_is_cut_off(address: str, opcode: Opcode, code: int) -> None:
    async with stranger(address) as connection:
        connection.transport.write(frame(b"", opcode) * (sockets.MOST_FRAMES + 1))
        assert await closing_code(connection) == code


async def test_a_message_has_not_any_number_of_parts(shop: Client, address: str) -> None:
    async with connected(address, shop.token) as caller:
        part = frame(b"x" * 6, Opcode.CONT, fin=False)
        caller.connection.transport.write(frame(b"", fin=False) + part * sockets.MOST_FRAGMENTS)
        assert await closing_code(caller.connection) == POLICY_VIOLATION


def frame(data: bytes, opcode: Opcode = Opcode.TEXT, *, fin: bool = True) -> bytes:
    """As a client sends it."""
    return Frame(opcode, data, fin).serialize(mask=True)
