"""GraphQL over a WebSocket, by the protocol graphql-transport-ws."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, cast

import structlog
from graphql import GraphQLError
from starlette.websockets import WebSocketDisconnect
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
    Operation,
)
from strawberry.subscriptions.protocols.graphql_transport_ws.types import Message, SubscribeMessage

from invoicing.access import Actor, Principal
from invoicing.errors import TooManyWatches
from resolvers.context import Context
from server.graphql.sse import STALLED

log = structlog.get_logger(__name__)

STRANGER = Principal("", Actor("", "", ""), frozenset())  # until the connection is initialised

LONGEST_ID = 255
LONGEST_REASON = 123  # bytes: what a close frame holds

MOST_AT_ONCE = 100  # operations of a connection
_TOO_MANY = GraphQLError(
    f"A connection has {MOST_AT_ONCE} operations at once at most: end some, or open another.",
    extensions={"code": TooManyWatches.code},
)

_OBJECT = (dict, type(None))


@dataclass(slots=True)
class Connected(Context):
    """A connection's: `connection_params` is what it was initialised with."""

    handshake: str = ""  # the Authorization header it came with
    connection_params: Mapping[str, object] = field(default_factory=dict)
    counted: Callable[[str | None], None] = lambda _: None  # told of each operation that has ended

    def authorization(self) -> str:
        """Browsers can set no headers here: they name the token when they initialise the connection."""
        given = {name.lower(): value for name, value in self.connection_params.items()}
        return str(given.get("authorization") or self.handshake)


class TextSocket(ASGIWebSocketAdapter):
    """JSON goes out as text: binary frames are refused by clients."""

    is_gone = False

    async def send_json(self, message: Mapping[str, object]) -> None:
        """Raises WebSocketDisconnected when nobody is there, or reads what they asked for."""
        if self.is_gone:
            raise WebSocketDisconnected
        try:
            async with asyncio.timeout(STALLED):
                await self.ws.send_text(cast(bytes, self.view.encode_json(message)).decode())
        except (WebSocketDisconnect, RuntimeError, TimeoutError) as gone:
            self.is_gone = True
            raise WebSocketDisconnected from gone

    async def close(self, code: int, reason: str) -> None:
        if self.is_gone:
            return
        self.is_gone = True
        shortened = reason.encode()[:LONGEST_REASON].decode(errors="ignore")
        with suppress(WebSocketDisconnect, RuntimeError):
            await super().close(code, shortened)


class Socket(BaseGraphQLTransportWSHandler[Context, None]):
    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        is_new = message["id"] not in self.operations
        if self.connection_acknowledged and is_new and len(self.operations) >= MOST_AT_ONCE:
            await self.send_message({"id": message["id"], "type": "error", "payload": [_TOO_MANY.formatted]})
            return
        await super().handle_subscribe(message)

    async def run_operation(self, operation: Operation[Context, None]) -> None:
        began = time.perf_counter()
        try:
            await super().run_operation(operation)
        finally:
            self._ended(operation, time.perf_counter() - began)

    def _ended(self, operation: Operation[Context, None], seconds: float) -> None:
        log.info("operation", operation=operation.operation_name, seconds=round(seconds, 6))
        cast(Connected, self.context).counted(operation.operation_name)

    async def handle_task_exception(self, error: Exception) -> None:
        """What the schema does not tell the caller; that they are gone is nothing to report."""
        if not isinstance(error, WebSocketDisconnected):
            log.error("operation failed", exc_info=error)

    async def handle_message(self, message: Message) -> None:
        if not _is_well_formed(message):
            await self.handle_invalid_message("This is no message of graphql-transport-ws")
            return
        if message["type"] == "connection_init" and message.get("payload") is None:
            message.pop("payload", None)
        await super().handle_message(message)


def _is_well_formed(message: Any) -> bool:
    """Strawberry trusts the types of what it reads."""
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        return False
    if message["type"] not in ("subscribe", "complete"):
        return True
    id, asked = message.get("id"), message.get("payload")
    if not isinstance(id, str) or len(id) > LONGEST_ID:
        return False
    return message["type"] == "complete" or (
        isinstance(asked, dict)
        and isinstance(asked.get("query"), str)
        and isinstance(asked.get("variables"), _OBJECT)
        and isinstance(asked.get("operationName"), (str, type(None)))
        and isinstance(asked.get("extensions"), _OBJECT)
    )
