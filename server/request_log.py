"""Every request gets an id, the caller's own X-Request-ID or a new one, a line in the log, and is counted.

What is logged names the operation and the route, never what was sent: addresses hold the links' tokens.
"""

from __future__ import annotations

import asyncio
import re
import time
from typing import Any

import structlog
from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from invoicing.storage.tables import new_id
from server.graphql.sse import EVENTS
from server.metrics import Metrics

_ID = re.compile(rb"[A-Za-z0-9._:-]{1,100}")

LEFT = 499  # the caller did not wait for an answer, or never sent all of the question

ENDING = PlainTextResponse("The server is being stopped. Ask again what became of this.", 503)

log = structlog.get_logger(__name__)


class Requests:
    """What it tells of a request, others leave in the scope's state: `operation`, and a refusal's `code`."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._converse(scope, receive, send)
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = _named(scope)
        status = LEFT  # unless an answer begins
        began = time.perf_counter()
        answered: float | None = None  # seconds until a stream began, which goes on as its caller likes

        async def answer(message: Message) -> None:
            nonlocal status, answered
            if message["type"] == "http.response.start":
                status = message["status"]
                if dict(message["headers"]).get(b"content-type") == EVENTS.encode():
                    answered = time.perf_counter() - began
                MutableHeaders(scope=message)["x-request-id"] = request_id
            await send(message)

        with bound_contextvars(request_id=request_id):
            try:
                await self.app(scope, receive, answer)
            except asyncio.CancelledError:  # the server ends, and has waited for it long enough
                if status == LEFT:
                    await ENDING(scope, receive, answer)
                raise
            except Exception:
                status = 500
                raise
            finally:
                took = time.perf_counter() - began
                self._tell(scope, status, took, answered or took)

    async def _converse(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A WebSocket: a line in the log when it has ended."""
        began = time.perf_counter()
        with bound_contextvars(request_id=_named(scope)):
            try:
                await self.app(scope, receive, send)
            finally:
                route = getattr(scope.get("route"), "path", None)
                log.info("connection", route=route, seconds=round(time.perf_counter() - began, 6))

    def _tell(self, scope: Scope, status: int, seconds: float, answered: float) -> None:
        state: dict[str, Any] = scope["state"]
        operation, code = state.get("operation"), state.get("code")
        route = getattr(scope.get("route"), "path", None)
        self.metrics.answered(operation or route, status, code or "", answered)
        told = {"operation": operation, "code": code}
        log.info(
            "request",
            method=scope["method"],
            route=route,
            status=status,
            seconds=round(seconds, 6),
            **{name: value for name, value in told.items() if value},
        )


def _named(scope: Scope) -> str:
    given = dict(scope["headers"]).get(b"x-request-id", b"")
    request_id = given.decode() if _ID.fullmatch(given) else new_id()
    scope.setdefault("state", {})["request_id"] = request_id
    return request_id
