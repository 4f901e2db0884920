"""GraphQL over a WebSocket, by the protocol graphql-transport-ws."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from json import JSONDecodeError
from typing import Any, cast

import structlog
from graphql import GraphQLError
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.http.exceptions import (
    NonJsonMessageReceived,
    NonTextMessageReceived,
    WebSocketDisconnected,
)
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
    Operation,
)
from strawberry.subscriptions.protocols.graphql_transport_ws.types import (
    ConnectionInitMessage,
    Message,
    SubscribeMessage,
)

from invoicing.access import Actor, Principal
from invoicing.errors import DatabaseUnavailable, QueryTimeout, RateLimited, TooManyWatches
from invoicing.texts import LONGEST_NAME, shortened
from resolvers.context import Context
from server.bodies import BodyTooLarge
from server.graphql.persisted import Asked, DocumentRefused
from server.graphql.sse import MOST_UNREAD_SECONDS
from server.rate_limits.buckets import Buckets
from server.rate_limits.rate import Rate

log = structlog.get_logger(__name__)

NOBODY = Principal("", Actor("", "", ""), frozenset())  # until the connection is initialised

TRY_AGAIN_LATER = 1013  # the close code of RFC 6455's registry; clients connect again
TOO_BIG = 1009  # the close code for a message that is too large
LONGEST_ID = 255
LONGEST_REASON = 123  # bytes, all that a close frame holds

LONGEST_PING = 4_096  # characters of a ping's or pong's message
SMALL_TALK = Rate(20, seconds=1, burst=200)  # messages of a connection that are no operation

MOST_OPERATIONS = 100  # of one connection at the same time
_TOO_MANY = GraphQLError(
    f"A connection has {MOST_OPERATIONS} operations at once at most: end some, or open another.",
    extensions={"code": TooManyWatches.code},
)


@dataclass(slots=True)
class ConnectionContext(Context):
    """The context of a connection. Strawberry sets `connection_params` when it is initialised."""

    connection: WebSocket | None = None
    handshake: str = ""  # the Authorization header of the handshake
    connection_params: Mapping[str, object] = field(default_factory=dict)
    count_operation: Callable[[str | None], None] = lambda _: None  # is called for each that has ended
    take_from_limit: Callable[[Principal], None] = lambda _: None  # before each; raises RateLimited

    def authorization(self) -> str:
        """Browsers cannot set headers on a WebSocket, so they send the token in `connection_init`."""
        params = {name.lower(): value for name, value in self.connection_params.items()}
        return str(params.get("authorization") or self.handshake)


class TextAdapter(ASGIWebSocketAdapter):
    """Sends JSON as text: clients refuse binary frames."""

    is_gone = False
    size = 0  # characters of the message that was read last

    async def iter_json(self, *, ignore_parsing_errors: bool = False) -> AsyncGenerator[object, None]:
        """Others have their turn after each message, also where many have come at once."""
        while self.ws.application_state != WebSocketState.DISCONNECTED:
            try:
                text = await self.ws.receive_text()
                self.size = len(text)
                message = self.view.decode_json(text)
            except BodyTooLarge as refusal:
                await self.close(TOO_BIG, str(refusal))
                return
            except JSONDecodeError as failure:
                raise NonJsonMessageReceived from failure
            except KeyError as failure:
                raise NonTextMessageReceived from failure
            except WebSocketDisconnect:
                return
            yield message
            await asyncio.sleep(0)

    async def send_json(self, message: Mapping[str, object]) -> None:
        """Raises WebSocketDisconnected if the client is gone, or reads nothing any more."""
        if self.is_gone:
            raise WebSocketDisconnected
        try:
            async with asyncio.timeout(MOST_UNREAD_SECONDS):
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


class ConnectionHandler(BaseGraphQLTransportWSHandler[Context, None]):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._small_talk = Buckets(SMALL_TALK, most=1)

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        is_new = message["id"] not in self.operations
        if self.connection_acknowledged and is_new and (refusal := self._refusal()):
            await self.send_message({"id": message["id"], "type": "error", "payload": [refusal.formatted]})
            return
        if self.connection_acknowledged and is_new:
            try:
                self._take_document(message["payload"])
            except DocumentRefused as refusal:
                error = GraphQLError(refusal.reason, extensions={"code": refusal.code})
                await self.send_message({"id": message["id"], "type": "error", "payload": [error.formatted]})
                return
        await super().handle_subscribe(message)

    def _take_document(self, payload: Any) -> None:
        """Puts the document into the payload, where its id is there alone. Raises DocumentRefused."""
        asked = Asked.of(payload.get("query"), payload.get("documentId"), payload.get("extensions"))
        view, context = cast(Any, self.view), cast(ConnectionContext, self.context)
        text = view.documents.text(asked, context.holder)
        if text is None:
            raise DocumentRefused("Neither a query nor the id of one is in the message.")
        payload["query"] = text

    def _refusal(self) -> GraphQLError | None:
        """Why there may not be another operation now, if so."""
        context = cast(ConnectionContext, self.context)
        try:
            context.take_from_limit(context.principal)
        except RateLimited as refusal:
            return GraphQLError(str(refusal), extensions={"code": refusal.code, **refusal.more})
        return _TOO_MANY if len(self.operations) >= MOST_OPERATIONS else None

    async def run_operation(self, operation: Operation[Context, None]) -> None:
        began = time.perf_counter()
        try:
            await super().run_operation(operation)
        finally:
            seconds = round(time.perf_counter() - began, 6)
            name = operation.operation_name and shortened(operation.operation_name, LONGEST_NAME)
            log.info("operation", operation=name, seconds=seconds)
            cast(ConnectionContext, self.context).count_operation(name)

    async def handle_task_exception(self, error: Exception) -> None:
        """Logs what the schema does not report to the client. That the client is gone is not an error."""
        if not isinstance(error, WebSocketDisconnected):
            log.error("operation failed", exc_info=error)

    async def handle_connection_init(self, message: ConnectionInitMessage) -> None:
        try:
            await super().handle_connection_init(message)
        except (DatabaseUnavailable, QueryTimeout) as refusal:  # who asks could not be found out
            await self.websocket.close(TRY_AGAIN_LATER, str(refusal))

    async def handle_message(self, message: Message) -> None:
        if not _is_well_formed(message):
            await self.handle_invalid_message("This is no message of graphql-transport-ws")
            return
        if message["type"] != "connection_init" and not self.connection_acknowledged:
            await self.websocket.close(4401, "Unauthorized")
            return
        if self._is_small_talk(message) and (refusal := self._small_talk_refusal(message)):
            await self.handle_invalid_message(refusal)
            return
        if message["type"] == "connection_init" and message.get("payload") is None:
            message.pop("payload", None)
        await super().handle_message(message)

    def _is_small_talk(self, message: Message) -> bool:
        """Whether it neither begins nor ends an operation, so that no key's rate limit counts it."""
        if message["type"] == "complete":
            return message["id"] not in self.operations
        return message["type"] in ("ping", "pong")

    def _small_talk_refusal(self, message: Message) -> str | None:
        if message["type"] != "complete" and cast(TextAdapter, self.websocket).size > LONGEST_PING:
            return f"The message of a ping or pong has {LONGEST_PING} characters at most"
        if self._small_talk.take(None, time.monotonic()).wait:
            return "There are too many messages that are no operation"
        return None


def _is_well_formed(message: Any) -> bool:
    """Strawberry does not check the types of what it reads."""
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        return False
    if message["type"] not in ("subscribe", "complete"):
        return True
    id, payload = message.get("id"), message.get("payload")
    if not isinstance(id, str) or len(id) > LONGEST_ID:
        return False
    return message["type"] == "complete" or (
        isinstance(payload, dict)
        and _names_document(payload)
        and isinstance(payload.get("variables"), dict | None)
        and isinstance(payload.get("operationName"), str | None)
        and isinstance(payload.get("extensions"), dict | None)
    )


def _names_document(payload: Mapping[str, object]) -> bool:
    """Whether it has a query, or something else that may say which one it is."""
    if payload.get("query") is None:
        return payload.get("documentId") is not None or payload.get("extensions") is not None
    return isinstance(payload["query"], str)
