"""A small app, on a server whose times are short."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from server.connections.addresses import Proxies
from server.connections.guard import Guard, Limits
from tests.support.live_server import running_server
from tests.support.patience import PATIENCE

NOBODY = Proxies()


@dataclass
class Running:
    address: str
    guard: Guard
    refused: Counter[str] = field(default_factory=Counter)
    seen: list[str] = field(default_factory=list)


Run = Callable[..., AbstractContextManager[Running]]


@pytest.fixture
def run() -> Run:
    """Runs it with these limits: `run(head_time=0.1)`; times that are not named are long."""

    @contextmanager
    def running(most: int = 100, most_per_address: int = 100, **limits: Any) -> Iterator[Running]:
        long = {"head_time": PATIENCE, "body_time": PATIENCE, "unread_time": PATIENCE}
        guard = Guard(Limits(**{**long, **limits}), NOBODY, most, most_per_address)
        running = Running("", guard)
        guard.count_refusal = lambda reason: running.refused.update([reason])
        with running_server(_app(running), guard) as running.address:
            yield running

    return running


def _app(running: Running) -> Starlette:
    async def healthz(request: Request) -> Response:
        running.seen.append(request.url.path)
        return PlainTextResponse("ok")

    async def length(request: Request) -> Response:
        try:
            body = await request.body()
        except ClientDisconnect:
            running.seen.append("gone")
            raise
        return PlainTextResponse(f"{len(body)} {request.headers.get('trailer', '')}")

    async def large(request: Request) -> Response:
        return PlainTextResponse("x" * int(request.query_params["size"]))

    async def turn(request: Request) -> Response:
        """Lets everything else go first."""
        await asyncio.sleep(0)
        return await healthz(request)

    async def patient(request: Request) -> Response:
        """Waits until its caller goes."""
        running.seen.append(request.url.path)
        while (await request.receive())["type"] != "http.disconnect":
            pass
        running.seen.append("gone")
        return PlainTextResponse("nobody reads this")

    async def socket(connection: WebSocket) -> None:
        await connection.accept()
        await connection.receive()

    return Starlette(
        routes=[
            WebSocketRoute("/socket", socket),
            Route("/healthz", healthz),
            Route("/length", length, methods=["POST"]),
            Route("/large", large),
            Route("/patient", patient),
            Route("/turn/{number}", turn),
        ]
    )
