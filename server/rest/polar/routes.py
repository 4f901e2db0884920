"""The paths of Polar that are served here."""

from __future__ import annotations

from starlette.routing import Route

from server.contexts import Contexts
from server.rest.polar import routes_orders, routes_sessions
from server.rest.polar.audiences import CUSTOMERS, MERCHANTS


def routes(contexts: Contexts) -> list[Route]:
    return [
        *routes_orders.routes(contexts, CUSTOMERS),
        *routes_orders.routes(contexts, MERCHANTS),
        *routes_sessions.routes(contexts),
    ]
