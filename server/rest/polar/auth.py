"""Who asks: a customer in a session at the customer portal, an API key at the merchant's paths."""

from __future__ import annotations

from starlette.requests import Request

from invoicing.errors import Forbidden, Unauthorized
from resolvers.context import Context
from server.auth import bearer
from server.contexts import Contexts
from server.rest.polar.errors import NoToken
from server.rest.polar.versions import check_version

ORGANIZATION = "Polar-Organization"


async def customer_context(contexts: Contexts, request: Request) -> Context:
    """Raises Forbidden for an API key."""
    ctx = await _context(contexts, request)
    if ctx.principal.customer_id is None:
        raise Forbidden("This needs a customer session, not an API key.")
    return ctx


async def merchant_context(contexts: Contexts, request: Request) -> Context:
    """Raises Forbidden for a customer's session."""
    ctx = await _context(contexts, request)
    if ctx.principal.customer_id is not None:
        raise Forbidden("This needs an API key, not a customer session.")
    return ctx


async def _context(contexts: Contexts, request: Request) -> Context:
    """Raises Forbidden if the request names an organization that is not the token's account."""
    check_version(request)
    try:
        token = bearer(request)
    except Unauthorized as refusal:
        raise NoToken from refusal
    ctx = await contexts.for_token(request.scope, token)
    if request.headers.get(ORGANIZATION, ctx.principal.account_id) != ctx.principal.account_id:
        raise Forbidden(f"The token is not of the organization that {ORGANIZATION} names.")
    return ctx
