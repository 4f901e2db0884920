"""One-time invoices, settles, refunds and credit notes in the words of Reepay (Billwerk+, Frisbii)."""

from __future__ import annotations

from server.rest.door import Facade
from server.rest.reepay.openapi_paths import PATHS, SECURITY
from server.rest.reepay.openapi_responses import SCHEMAS
from server.rest.reepay.routes import routes

FACADE = Facade(
    name="Reepay",
    description="Invoices with lines of their own, in the words of Reepay. Amounts are minor units, VAT is "
    "a fraction.",
    routes=routes,
    paths=PATHS,
    schemas=SCHEMAS,
    security=SECURITY,
)
