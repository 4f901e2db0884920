"""Polar's words for a customer's orders and their invoices: its SDKs work with this server."""

from __future__ import annotations

from starlette.routing import Route

from server.contexts import Contexts
from server.rest.door import Facade
from server.rest.polar import routes_orders, routes_sessions
from server.rest.polar.openapi_paths import PATHS, SECURITY
from server.rest.polar.openapi_schemas import SCHEMAS


def routes(contexts: Contexts) -> list[Route]:
    return [
        *routes_orders.routes(contexts, routes_orders.CUSTOMERS),
        *routes_orders.routes(contexts, routes_orders.MERCHANTS),
        *routes_sessions.routes(contexts),
    ]


FACADE = Facade(
    name="Polar",
    description="Orders and their invoices, to their customers in a session and to the merchant with a key.",
    routes=routes,
    paths=PATHS,
    schemas=SCHEMAS,
    security=SECURITY,
)
