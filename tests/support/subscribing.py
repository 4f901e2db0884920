"""A server on a real socket in the test's event loop, and subscribers that follow an invoice."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import websockets
from starlette.applications import Starlette

from documents.store import FileStore
from server.commands.serve import Server
from server.connections.addresses import Proxies
from server.connections.guard import Guard
from server.connections.limited import limited_config
from server.workers.pdf import PdfWorker
from tests.support.client import Client
from tests.support.patience import PATIENCE, eventually

TRANSPORTS = ["websocket", "sse"]

FOLLOW = """
subscription ($id: String!) {
  invoiceUpdated(id: $id) {
    id pdf_status pdf_url state reimbursement { status amount_paid } credited_by { number }
  }
}
"""


@asynccontextmanager
async def running_server(app: Starlette) -> AsyncIterator[str]:
    """Runs the app like `invoicing serve`; yields its address."""
    server_socket = socket.socket()
    server_socket.bind(("127.0.0.1", 0))
    config = limited_config(
        app, Guard(proxies=Proxies.parse("127.0.0.1")), log_config=None, timeout_graceful_shutdown=3
    )
    server = Server(config, app.state.watches)
    server_task = asyncio.create_task(server.serve([server_socket]))
    try:
        await eventually(lambda: server.started)
        yield f"http://127.0.0.1:{server_socket.getsockname()[1]}/graphql"
    finally:
        server.should_exit = True
        await server_task
        server_socket.close()


class WebSocketSubscriber:
    """A subscriber over a WebSocket."""

    def __init__(self, connection: websockets.ClientConnection) -> None:
        self.connection = connection

    async def next_payload(self) -> dict[str, Any]:
        """The next payload."""
        message = await self.message()
        assert message["type"] == "next", message
        payload: dict[str, Any] = message["payload"]
        return payload

    async def message(self) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE):
            message: dict[str, Any] = json.loads(await self.connection.recv())
        return message

    async def send(self, message: object) -> None:
        await self.connection.send(json.dumps(message))

    async def subscribe(self, query: str = FOLLOW, *, subscription_id: str = "1", **variables: Any) -> None:
        body = {"query": query, "variables": variables}
        await self.send({"type": "subscribe", "id": subscription_id, "payload": body})


class SseSubscriber:
    """A subscriber by server-sent events."""

    def __init__(self, response: httpx.Response) -> None:
        self.answer = response
        self.lines = response.aiter_lines()

    async def next_payload(self) -> dict[str, Any]:
        name, payload = await self.event()
        assert name == "next"
        result: dict[str, Any] = payload
        return result

    async def event(self) -> tuple[str, Any]:
        async with asyncio.timeout(PATIENCE):
            name = await anext(self.lines)
            data = await anext(self.lines)
            await anext(self.lines)
        text = data.removeprefix("data:").strip()
        return name.removeprefix("event: "), json.loads(text) if text else None


@asynccontextmanager
async def connected(address: str, token: str | None, **options: Any) -> AsyncIterator[WebSocketSubscriber]:
    """A WebSocket that the server has acknowledged."""
    url = address.replace("http", "ws", 1)
    options = {"open_timeout": PATIENCE, "ping_timeout": PATIENCE, **options}
    async with websockets.connect(url, subprotocols=["graphql-transport-ws"], **options) as connection:  # type: ignore[list-item]
        caller = WebSocketSubscriber(connection)
        await caller.send({"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}})
        assert (await caller.message())["type"] == "connection_ack"
        yield caller


@asynccontextmanager
async def streamed(
    address: str, token: str | None, query: str = FOLLOW, **variables: Any
) -> AsyncIterator[SseSubscriber]:
    headers = {"authorization": f"Bearer {token}", "accept": "text/event-stream"}
    body = {"query": query, "variables": variables}
    async with (
        httpx.AsyncClient(timeout=None, headers=headers) as http,  # noqa: S113 (events may come late)
        http.stream("POST", address, json=body) as response,
    ):
        yield SseSubscriber(response)


@asynccontextmanager
async def following(
    transport: str, address: str, token: str | None, invoice_id: str
) -> AsyncIterator[WebSocketSubscriber | SseSubscriber]:
    if transport == "sse":
        async with streamed(address, token, id=invoice_id) as stream:
            yield stream
    else:
        async with connected(address, token) as caller:
            await caller.subscribe(id=invoice_id)
            yield caller


async def ask(address: str, shop: Client, query: str, **variables: Any) -> Any:
    """Runs an operation over plain HTTP in the same event loop; returns its data."""
    async with httpx.AsyncClient(headers={"authorization": f"Bearer {shop.token}"}, timeout=PATIENCE) as http:
        body = (await http.post(address, json={"query": query, "variables": variables})).json()
    assert "errors" not in body, body
    return body["data"]


async def render_all_pdfs(shop: Client, store: FileStore) -> None:
    """Renders all due PDFs."""
    await PdfWorker(shop.database, store).drain()


def payment_on_v(amount: int) -> dict[str, Any]:
    """The input of a payment on the invoice `v`."""
    return {"invoice_id": "v", "amount": amount, "method": "CASH", "idempotency_key": f"k{amount}"}


async def closing_code(connection: websockets.ClientConnection) -> int:
    """The code with which the server closes the connection."""
    async with asyncio.timeout(PATIENCE):
        await connection.wait_closed()
    assert connection.close_code is not None
    return connection.close_code
