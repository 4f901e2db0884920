"""Front doors of plain HTTP: each in the words of another system, all onto the resolvers of GraphQL."""

from __future__ import annotations

from starlette.routing import Route

from server.contexts import Contexts
from server.rest import openapi, polar, reepay
from server.rest.door import Facade
from server.rest.order_invoices import routes as order_invoices

FACADES: tuple[Facade, ...] = (reepay.FACADE, order_invoices.FACADE, polar.FACADE)


def routes(contexts: Contexts) -> list[Route]:
    return [*openapi.routes(FACADES), *(route for facade in FACADES for route in facade.routes(contexts))]
