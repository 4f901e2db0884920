"""Pages of other sites may ask from a browser, where they are let in. No cookie lets anybody in anywhere."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

_DAY = 86_400  # seconds; browsers remember a permission for less


def cross_origin(origins: Sequence[str]) -> list[Middleware]:
    """For the origins' pages. It does not see WebSockets: GraphQL's view asks where they come from."""
    if not origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "X-Request-ID"],
            expose_headers=["X-Request-ID"],
            max_age=_DAY,
        )
    ]
