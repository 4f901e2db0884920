"""Requests from pages of other sites, if the settings allow them. No cookie gives access to anything."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from server.rate_limits.headers import NAMES
from server.rest.polar.auth import ORGANIZATION
from server.rest.polar.versions import HEADER

_DAY = 86_400  # seconds; browsers cap it lower


def cross_origin(origins: Sequence[str]) -> list[Middleware]:
    """The middleware for these origins. It does not see WebSockets: GraphQL's view checks their origin."""
    if not origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "X-Request-ID", HEADER, ORGANIZATION],
            expose_headers=["X-Request-ID", *NAMES],
            max_age=_DAY,
        )
    ]
