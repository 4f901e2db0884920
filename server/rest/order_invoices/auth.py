"""Who asks: the header `accessToken`."""

from __future__ import annotations

from starlette.requests import Request

from invoicing.errors import Unauthorized
from resolvers.context import Context
from server.contexts import Contexts


async def context(contexts: Contexts, request: Request) -> Context:
    return await contexts.for_token(request.scope, _token(request))


def _token(request: Request) -> str:
    """`accessToken: Bearer <token>`, or the token alone."""
    header = request.headers.get("accesstoken", "").strip()
    scheme, _, rest = header.partition(" ")
    token = rest.strip() if scheme.lower() == "bearer" else header
    if not token:
        raise Unauthorized
    return token
