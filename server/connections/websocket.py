"""WebSockets: they count as connections as long as they are open, and strangers say little on them."""

from __future__ import annotations

from typing import Any

from starlette.types import Scope
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode, Frame
from websockets.http11 import Request

from server.connections.config import GuardedConfig

MOST_BEFORE_KNOWN = 8_192  # bytes of a message, as long as nobody has said who they are
SLICE = 16_384  # bytes
MOST_FRAMES = 1_000  # of a slice: each would have 16 bytes, and GraphQL's shortest message has more
MOST_FRAGMENTS = 1_000  # of a message; empty ones do not count towards its size
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

    def data_received(self, data: bytes) -> None:
        """A frame costs far more time than its bytes, so those who send too many are stopped early."""
        for start in range(0, len(data), SLICE):
            if self.transport.is_closing():
                return
            super().data_received(data[start : start + SLICE])

    def handle_events(self) -> None:
        if len(self.conn.events) > MOST_FRAMES:
            self._give_up("There are too many small frames.")
        else:
            super().handle_events()

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.response.status_code == 101:
            self.scope["state"][_KNOWN] = self._allow_large_messages

    def handle_cont(self, event: Frame) -> None:
        if len(self.frames) < MOST_FRAGMENTS:
            super().handle_cont(event)
        elif not self.close_sent:
            self._give_up("A message has too many fragments.")

    def handle_ping(self) -> None:
        """Whoever reads nothing gets no more answers: they would wait in memory."""
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()

    def _allow_large_messages(self) -> None:
        self.conn.max_message_size = self.config.ws_max_size

    def handle_parser_exception(self) -> None:
        """Frames that come before the connection is accepted cannot be refused by one."""
        if self.conn.close_sent is None:
            self.transport.abort()
        else:
            super().handle_parser_exception()

    def _give_up(self, reason: str) -> None:
        self.conn.fail(CloseCode.POLICY_VIOLATION, reason)
        self.handle_parser_exception()
