"""Customers' orders and their invoices in the words of Polar, whose SDKs work with this server."""

from __future__ import annotations

from server.rest.front_door import FrontDoor
from server.rest.polar import openapi
from server.rest.polar.routes import routes
from server.rest.polar.versions import VERSIONS

FRONT_DOOR = FrontDoor(
    name="Polar",
    description=(
        "Orders and their invoices, to their customers in a session and to the merchant with a key. "
        f"Spoken are Polar's versions {', '.join(VERSIONS)}, and what was before them."
    ),
    routes=routes,
    paths=openapi.PATHS,
    schemas=openapi.SCHEMAS,
    security=openapi.SECURITY,
)
