"""Polar's words for a customer's orders and their invoices: its SDKs work with this server."""

from __future__ import annotations

from starlette.routing import Route

from server.rest.facade import Facade
from server.rest.front import Front
from server.rest.polar import orders, sessions
from server.rest.polar.described import SCHEMAS
from server.rest.polar.paths import PATHS, SECURITY


def routes(front: Front) -> list[Route]:
    return [
        *orders.routes(front, orders.CUSTOMERS),
        *orders.routes(front, orders.MERCHANTS),
        *sessions.routes(front),
    ]


FACADE = Facade(
    name="Polar",
    description="Orders and their invoices, to their customers in a session and to the merchant with a key.",
    routes=routes,
    paths=PATHS,
    schemas=SCHEMAS,
    security=SECURITY,
)
