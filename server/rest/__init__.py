"""Front doors of plain HTTP: each speaks the language of another system, all use the resolvers of GraphQL."""

from __future__ import annotations

from starlette.routing import Route

from server.contexts import Contexts
from server.rest import openapi, order_invoices, polar, reepay
from server.rest.front_door import FrontDoor

FRONT_DOORS: tuple[FrontDoor, ...] = (
    reepay.FRONT_DOOR,
    order_invoices.FRONT_DOOR,
    polar.FRONT_DOOR,
)


def routes(contexts: Contexts) -> list[Route]:
    described = openapi.routes(FRONT_DOORS, contexts.services.links.base_url)
    return [*described, *(route for door in FRONT_DOORS for route in door.routes(contexts))]
