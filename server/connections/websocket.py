"""WebSockets: they count as connections as long as they are open, and strangers say little on them."""

from __future__ import annotations

from typing import Any

from starlette.types import Scope
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from server.connections.config import GuardedConfig

MOST_BEFORE_KNOWN = 8_192  # bytes of a message, as long as nobody has said who they are
_KNOWN = "allow_large_messages"


def allow_large_messages(scope: Scope) -> None:
    """Is called once it is known who speaks: from then on a message may be as large as a body."""
    if allow := scope.get("state", {}).get(_KNOWN):
        allow()


class LimitedWebSocket(WebSocketsSansIOProtocol):
    def __init__(self, config: GuardedConfig, *args: Any, **options: Any) -> None:
        super().__init__(config, *args, **options)
        self._guard = config.guard
        self.conn.max_message_size = min(config.ws_max_size, MOST_BEFORE_KNOWN)

    def connection_lost(self, exc: Exception | None) -> None:
        """The HTTP connection that became this one has entered, and does not hear of its end."""
        self._guard.leave(self.client[0] if self.client else None)
        super().connection_lost(exc)

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.response.status_code == 101:
            self.scope["state"][_KNOWN] = self._allow_large_messages

    def _allow_large_messages(self) -> None:
        self.conn.max_message_size = self.config.ws_max_size

    def handle_parser_exception(self) -> None:
        """Frames that come before the connection is accepted cannot be refused by one."""
        if self.conn.close_sent is None:
            self.transport.abort()
        else:
            super().handle_parser_exception()
