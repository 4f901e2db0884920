"""What `invoicing serve` runs on: uvicorn with limits."""

from __future__ import annotations

from typing import Any

import uvicorn
from starlette.types import ASGIApp

from server.connections.config import GuardedConfig
from server.connections.guard import Guard
from server.connections.http import LimitedHttp
from server.connections.websocket import LimitedWebSocket


def limited_config(app: ASGIApp, guard: Guard, **options: Any) -> uvicorn.Config:
    """WebSockets are not compressed: some bytes could unpack to a thousand times as many."""
    return GuardedConfig(
        app, guard, http=LimitedHttp, ws=LimitedWebSocket, ws_per_message_deflate=False, **options
    )
