"""One-time invoices, settles, refunds and credit notes in the words of Reepay (Billwerk+, Frisbii)."""

from __future__ import annotations

from server.rest.front_door import FrontDoor
from server.rest.reepay import openapi
from server.rest.reepay.routes import routes

FRONT_DOOR = FrontDoor(
    name="Reepay",
    description="Invoices with lines of their own, in the words of Reepay. Amounts are minor units, VAT is "
    "a fraction.",
    routes=routes,
    paths=openapi.PATHS,
    schemas=openapi.SCHEMAS,
    security=openapi.SECURITY,
)
