"""`POST /invoices`: one call that invoices an order, in the envelope of its system; and its e-invoices."""

from __future__ import annotations

from server.rest.front_door import FrontDoor
from server.rest.order_invoices import openapi
from server.rest.order_invoices.routes import routes

FRONT_DOOR = FrontDoor(
    name="Order invoices",
    description="One call that invoices everything on an order that can be invoiced now, and the "
    "e-invoices of any invoice.",
    routes=routes,
    paths=openapi.PATHS,
    schemas=openapi.SCHEMAS,
    security=openapi.SECURITY,
)
