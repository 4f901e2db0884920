"""From a request to the context that resolvers take: whom it acts for, and what all requests share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from starlette.requests import HTTPConnection

from resolvers.context import Context, Services
from server.auth import Authenticator


@dataclass(frozen=True, slots=True)
class Contexts:
    """Makes the context of each request. There is one for the whole server."""

    services: Services
    authenticator: Authenticator

    async def for_token(self, connection: HTTPConnection, token: str) -> Context:
        """The context of whom the token stands for. Raises Unauthorized if it is not known."""
        find_principal = partial(self.authenticator.principal_of, token)
        return Context(await find_principal(), self.services, request_id(connection), find_principal)


def request_id(connection: HTTPConnection) -> str:
    """The id that the request log has given it."""
    return str(connection.scope["state"]["request_id"])
