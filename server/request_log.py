"""Every request is counted, gets an id (the caller's X-Request-ID, or a new one) and a line in the log.

The line has the operation and the route, but nothing that was sent: the paths of links have tokens in them.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable
from typing import Any

import structlog
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from invoicing.storage.tables import new_id
from invoicing.texts import LONGEST_NAME, shortened
from server.callers import CLIENT_GONE
from server.graphql.sse import EVENT_STREAM
from server.logs import REQUEST_ID
from server.metrics import Metrics

_ID = re.compile(rb"[A-Za-z0-9._:-]{1,100}")

_EVENT_STREAM = EVENT_STREAM.encode()
_STOPPING = PlainTextResponse("The server is being stopped. Ask again what became of this.", 503)

log = structlog.get_logger(__name__)


class RequestLog:
    """Middleware. Views leave in the scope's state what it logs: `operation`, and a refusal's `code`;
    and `headers` that the answer gets."""

    def __init__(self, app: ASGIApp, metrics: Metrics, quick: Route | None = None) -> None:
        self.app = app
        self.metrics = metrics
        self.quick = quick
        """A route that needs nothing else of the application: its requests go there without the router."""

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == "http":
            return self._serve_request(scope, receive, send)
        if scope["type"] == "websocket":
            return self._serve_connection(scope, receive, send)
        return self.app(scope, receive, send)

    async def _serve_request(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = _Response(_set_request_id(scope), scope, send)
        bound = REQUEST_ID.set(response.request_id)
        try:
            await self._app_for(scope)(scope, receive, response.send)
        except asyncio.CancelledError:  # the server ends, and has waited long enough for it
            if response.status == CLIENT_GONE:
                await _STOPPING(scope, receive, response.send)
            raise
        except Exception:
            response.status = 500
            raise
        finally:
            self._log_request(scope, response)
            REQUEST_ID.reset(bound)

    def _app_for(self, scope: Scope) -> ASGIApp:
        if self.quick is None or scope["path"] != self.quick.path or scope.get("root_path"):
            return self.app
        scope["route"] = self.quick
        return self.quick.app

    async def _serve_connection(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A WebSocket: its line is logged when it has ended."""
        began = time.perf_counter()
        bound = REQUEST_ID.set(_set_request_id(scope))
        try:
            await self.app(scope, receive, send)
        finally:
            route = getattr(scope.get("route"), "path", None)
            log.info("connection", route=route, seconds=round(time.perf_counter() - began, 6))
            REQUEST_ID.reset(bound)

    def _log_request(self, scope: Scope, response: _Response) -> None:
        seconds = time.perf_counter() - response.began
        state: dict[str, Any] = scope["state"]
        name, code = state.get("operation"), state.get("code")
        operation = name and shortened(name, LONGEST_NAME)
        route = getattr(scope.get("route"), "path", None)
        self.metrics.count_request(
            operation or route, response.status, code or "", response.stream_began or seconds
        )
        line = {
            "method": shortened(scope["method"], LONGEST_NAME),
            "route": route,
            "status": response.status,
            "seconds": round(seconds, 6),
        }
        if operation:
            line["operation"] = operation
        if code:
            line["code"] = code
        log.info("request", **line)


class _Response:
    """Sends a response, and notes what the log and the metrics want to know of it."""

    def __init__(self, request_id: str, scope: Scope, send: Send) -> None:
        self.request_id = request_id
        self._state: dict[str, Any] = scope["state"]
        self.status = CLIENT_GONE  # until a response begins
        self.began = time.perf_counter()
        self.stream_began: float | None = None
        """Seconds until the first event of a stream. When a stream ends is up to the client."""
        self._send = send

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            if (b"content-type", _EVENT_STREAM) in message["headers"]:
                self.stream_began = time.perf_counter() - self.began
            own = (b"x-request-id", self.request_id.encode())
            message["headers"] = [*message["headers"], own, *self._state.get("headers", ())]
        await self._send(message)


def _set_request_id(scope: Scope) -> str:
    sent = dict(scope["headers"]).get(b"x-request-id", b"")
    request_id = sent.decode() if _ID.fullmatch(sent) else new_id()
    scope.setdefault("state", {})["request_id"] = request_id
    return request_id
