"""What `invoicing serve` runs on: uvicorn with limits."""

from __future__ import annotations

import asyncio
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from server.connections.config import GuardedConfig
from server.connections.guard import Guard
from server.connections.http import LimitedHttp


def limited_config(app: ASGIApp, guard: Guard, **options: Any) -> uvicorn.Config:
    """WebSockets are not compressed: some bytes could unpack to a thousand times as many."""
    return GuardedConfig(app, guard, http=LimitedHttp, ws=_websocket, ws_per_message_deflate=False, **options)


def _websocket(*args: Any, **options: Any) -> asyncio.Protocol:
    """Is called as if it were the class, which is loaded when the first WebSocket comes."""
    from server.connections.websocket import LimitedWebSocket

    return LimitedWebSocket(*args, **options)
