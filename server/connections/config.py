"""Uvicorn's configuration, with the guard that all connections of a server share."""

from __future__ import annotations

from typing import Any

import uvicorn
from starlette.types import ASGIApp

from server.connections.guard import Guard


class GuardedConfig(uvicorn.Config):
    def __init__(self, app: ASGIApp, guard: Guard, **options: Any) -> None:
        super().__init__(app, **options)
        self.guard = guard
