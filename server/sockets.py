"""GraphQL over a WebSocket, by the protocol graphql-transport-ws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from starlette.websockets import WebSocketState
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler
from strawberry.subscriptions.protocols.graphql_transport_ws.types import Message

from invoicing.access import Actor, Principal
from resolvers.context import Context

STRANGER = Principal("", Actor("", "", ""), frozenset())  # until the connection is initialised

_INVALID = 4400
_OBJECT = (dict, type(None))


@dataclass(slots=True)
class Connected(Context):
    """A connection's: `connection_params` is what it was initialised with."""

    handshake: str = ""  # the Authorization header it came with
    connection_params: Mapping[str, object] = field(default_factory=dict)

    def authorization(self) -> str:
        """Browsers can set no headers here: they name the token when they initialise the connection."""
        given = {name.lower(): value for name, value in self.connection_params.items()}
        return str(given.get("authorization") or self.handshake)


class TextSocket(ASGIWebSocketAdapter):
    """JSON goes out as text: binary frames are refused by clients."""

    async def send_json(self, message: Mapping[str, object]) -> None:
        if self.ws.application_state is WebSocketState.CONNECTED:  # else it was closed meanwhile
            await self.ws.send_text(cast(bytes, self.view.encode_json(message)).decode())


class Socket(BaseGraphQLTransportWSHandler[Context, None]):
    async def handle_message(self, message: Message) -> None:
        if not _is_well_formed(message):
            await self.handle_invalid_message("This is no message of graphql-transport-ws")
            return
        await super().handle_message(message)


def _is_well_formed(message: Any) -> bool:
    """Strawberry trusts the types of what it reads."""
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        return False
    if message["type"] == "complete":
        return isinstance(message.get("id"), str)
    if message["type"] != "subscribe":
        return True
    asked = message.get("payload")
    return (
        isinstance(message.get("id"), str)
        and isinstance(asked, dict)
        and isinstance(asked.get("query"), str)
        and isinstance(asked.get("variables"), _OBJECT)
        and isinstance(asked.get("operationName"), (str, type(None)))
        and isinstance(asked.get("extensions"), _OBJECT)
    )
