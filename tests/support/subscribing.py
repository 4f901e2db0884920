"""A server on a real socket within the test's event loop, and callers who follow an invoice there."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import uvicorn
import websockets
from starlette.applications import Starlette

from documents.store import FileStore
from server.commands.serve import Server
from server.workers.pdf import PdfWorker
from tests.support.client import Client

SOON = 10  # seconds: long enough for a busy machine, and nobody waits for it to end

TRANSPORTS = ["websocket", "sse"]

FOLLOW = """
subscription ($id: String!) {
  invoiceUpdated(id: $id) {
    id pdf_status pdf_url state reimbursement { status amount_paid } credited_by { number }
  }
}
"""


@asynccontextmanager
async def served(app: Starlette) -> AsyncIterator[str]:
    """The address of the app as `invoicing serve` serves it."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=3)
    server = Server(config, app.state.watches)
    serving = asyncio.create_task(server.serve([listening]))
    try:
        await until(lambda: server.started)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/graphql"
    finally:
        server.should_exit = True
        await serving
        listening.close()


async def until(happened: Any) -> None:
    async with asyncio.timeout(SOON):
        while not happened():  # noqa: ASYNC110 (nothing tells of it)
            await asyncio.sleep(0.01)


class Socketed:
    """Follows over a WebSocket."""

    def __init__(self, connection: websockets.ClientConnection) -> None:
        self.connection = connection

    async def told(self) -> dict[str, Any]:
        """The next payload."""
        message = await self.message()
        assert message["type"] == "next", message
        payload: dict[str, Any] = message["payload"]
        return payload

    async def message(self) -> dict[str, Any]:
        async with asyncio.timeout(SOON):
            message: dict[str, Any] = json.loads(await self.connection.recv())
        return message

    async def say(self, message: object) -> None:
        await self.connection.send(json.dumps(message))

    async def subscribe(self, query: str = FOLLOW, *, named: str = "1", **variables: Any) -> None:
        asked = {"query": query, "variables": variables}
        await self.say({"type": "subscribe", "id": named, "payload": asked})


class Streamed:
    """Follows by server-sent events."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self.lines = answer.aiter_lines()

    async def told(self) -> dict[str, Any]:
        name, payload = await self.event()
        assert name == "next"
        told: dict[str, Any] = payload
        return told

    async def event(self) -> tuple[str, Any]:
        async with asyncio.timeout(SOON):
            name = await anext(self.lines)
            data = await anext(self.lines)
            await anext(self.lines)
        text = data.removeprefix("data:").strip()
        return name.removeprefix("event: "), json.loads(text) if text else None


@asynccontextmanager
async def connected(address: str, token: str | None, **options: Any) -> AsyncIterator[Socketed]:
    """A WebSocket that the server has let in."""
    url = address.replace("http", "ws", 1)
    async with websockets.connect(url, subprotocols=["graphql-transport-ws"], **options) as connection:  # type: ignore[list-item]
        caller = Socketed(connection)
        await caller.say({"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}})
        assert (await caller.message())["type"] == "connection_ack"
        yield caller


@asynccontextmanager
async def streamed(
    address: str, token: str | None, query: str = FOLLOW, **variables: Any
) -> AsyncIterator[Streamed]:
    headers = {"authorization": f"Bearer {token}", "accept": "text/event-stream"}
    body = {"query": query, "variables": variables}
    async with (
        httpx.AsyncClient(timeout=None, headers=headers) as http,  # noqa: S113 (events come when they come)
        http.stream("POST", address, json=body) as answer,
    ):
        yield Streamed(answer)


@asynccontextmanager
async def following(
    transport: str, address: str, token: str | None, invoice_id: str
) -> AsyncIterator[Socketed | Streamed]:
    if transport == "sse":
        async with streamed(address, token, id=invoice_id) as stream:
            yield stream
    else:
        async with connected(address, token) as caller:
            await caller.subscribe(id=invoice_id)
            yield caller


async def ask(address: str, shop: Client, query: str, **variables: Any) -> Any:
    """The data of an operation over plain HTTP, asked within the same loop."""
    async with httpx.AsyncClient(headers={"authorization": f"Bearer {shop.token}"}, timeout=SOON) as http:
        body = (await http.post(address, json={"query": query, "variables": variables})).json()
    assert "errors" not in body, body
    return body["data"]


async def print_all(shop: Client, store: FileStore) -> None:
    """Makes the PDFs that are due."""
    await PdfWorker(shop.database, store).drain()


def payment_on_v(amount: int) -> dict[str, Any]:
    """The input of a payment on the invoice `v`."""
    return {"invoice_id": "v", "amount": amount, "method": "CASH", "idempotency_key": f"k{amount}"}


async def closing_code(connection: websockets.ClientConnection) -> int:
    """The code with which the server closes the connection."""
    async with asyncio.timeout(SOON):
        await connection.wait_closed()
    assert connection.close_code is not None
    return connection.close_code
