"""WebSockets: they count as connections as long as they are open."""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from server.connections.config import GuardedConfig


class LimitedWebSocket(WebSocketsSansIOProtocol):
    def __init__(self, config: GuardedConfig, *args: Any, **options: Any) -> None:
        super().__init__(config, *args, **options)
        self._guard = config.guard

    def connection_lost(self, exc: Exception | None) -> None:
        """The HTTP connection that became this one has entered, and does not hear of its end."""
        self._guard.leave(self.client[0] if self.client else None)
        super().connection_lost(exc)
