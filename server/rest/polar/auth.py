"""Who asks, as Polar has it: a customer in a session at the customer's door, a key at the merchant's."""

from __future__ import annotations

from uuid import UUID

from starlette.requests import Request

from invoicing.errors import Forbidden, MalformedId, NotFound, Unauthorized
from invoicing.storage.tables import Order
from resolvers import orders
from resolvers.context import Context
from server.auth import bearer
from server.contexts import Contexts
from server.rest.json_body import is_id


class NoToken(Unauthorized):
    """The request has no bearer token."""


class NoUuid(MalformedId):
    """Input should be a valid UUID, or the id of an order"""


async def customer(contexts: Contexts, request: Request) -> Context:
    """A customer's. Raises Forbidden for a key."""
    ctx = await _anyone(contexts, request)
    if ctx.principal.customer_id is None:
        raise Forbidden("This needs a customer session, not an API key.")
    return ctx


async def merchant(contexts: Contexts, request: Request) -> Context:
    """A key's. Raises Forbidden for a customer's session."""
    ctx = await _anyone(contexts, request)
    if ctx.principal.customer_id is not None:
        raise Forbidden("This needs an API key, not a customer session.")
    return ctx


async def order_of(ctx: Context, request: Request) -> Order:
    """The order in the path. What is no UUID must be an order's id that whoever asks may see."""
    given = request.path_params["id"]
    try:
        if is_id(given):
            return await orders.order(ctx, given)
    except NotFound as unknown:
        if not _is_uuid(given):
            raise NoUuid from unknown
        raise
    raise NoUuid


async def _anyone(contexts: Contexts, request: Request) -> Context:
    try:
        token = bearer(request)
    except Unauthorized as nobody:
        raise NoToken from nobody
    return await contexts.for_token(request, token)


def _is_uuid(given: str) -> bool:
    try:
        UUID(given)
    except ValueError:
        return False
    return True
