"""Polar's words for a customer's orders and their invoices: its SDKs work with this server."""

from __future__ import annotations

from starlette.routing import Route

from server.rest.door import Facade
from server.rest.http import Front
from server.rest.polar import routes_orders, routes_sessions
from server.rest.polar.openapi_paths import PATHS, SECURITY
from server.rest.polar.openapi_schemas import SCHEMAS


def routes(front: Front) -> list[Route]:
    return [
        *routes_orders.routes(front, routes_orders.CUSTOMERS),
        *routes_orders.routes(front, routes_orders.MERCHANTS),
        *routes_sessions.routes(front),
    ]


FACADE = Facade(
    name="Polar",
    description="Orders and their invoices, to their customers in a session and to the merchant with a key.",
    routes=routes,
    paths=PATHS,
    schemas=SCHEMAS,
    security=SECURITY,
)
