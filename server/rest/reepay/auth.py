"""Who asks: the API key as user name of HTTP Basic authentication."""

from __future__ import annotations

import base64

from starlette.requests import Request

from invoicing.errors import Unauthorized
from resolvers.context import Context
from resolvers.invoice_history import check_may_see_history
from server.contexts import Contexts


async def context(contexts: Contexts, request: Request) -> Context:
    """Refuses who may not see what the responses show, before anything is changed."""
    ctx = await contexts.for_token(request.scope, _api_key(request))
    check_may_see_history(ctx.principal)
    return ctx


def _api_key(request: Request) -> str:
    """The user name (RFC 7617). The password has to be empty."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    try:
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except ValueError:  # no ASCII, no Base64, or no UTF-8
        raise Unauthorized("The credentials are not readable.") from None
    if scheme.lower() != "basic" or not user or not colon or password:
        raise Unauthorized("Send the API key as user name of HTTP Basic authentication, without a password.")
    return user
