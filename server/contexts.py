"""From a request to the context that resolvers take: whom it acts for, and what all requests share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from starlette.types import Scope

from invoicing.access import Principal
from resolvers.context import Context, Services
from resolvers.ways import Way
from server.auth import Authenticator
from server.connections.addresses import Proxies
from server.rate_limits.headers import RawHeaders
from server.rate_limits.limits import RateLimits


@dataclass(frozen=True, slots=True)
class Contexts:
    """Makes the context of each request. There is one for the whole server."""

    services: Services
    authenticator: Authenticator
    limits: RateLimits
    proxies: Proxies
    count_execution: Callable[[Way], None]

    async def for_token(self, scope: Scope, token: str) -> Context:
        """The context of whom the token stands for. Raises Unauthorized if there is none, or RateLimited."""
        principal = self.authenticator.remembered(token) or await self.principal_of(scope, token)
        self.limits.take(principal, answer_headers(scope))
        find_principal = partial(self.authenticator.principal_of, token)
        return Context(principal, self.services, request_id(scope), find_principal, self.count_execution)

    async def principal_of(self, scope: Scope, token: str) -> Principal:
        """Whom the token stands for. An address that sent many wrong ones has to wait with new ones."""
        if self.authenticator.has_found(token):
            return await self.authenticator.principal_of(token)
        address = self.proxies.caller_of(scope)
        self.limits.take_guess(address, answer_headers(scope))
        found = await self.authenticator.principal_of(token)
        self.limits.give_guess_back(address)
        return found


def answer_headers(scope: Scope) -> RawHeaders:
    """Headers that the answer gets, whatever it is."""
    sent: RawHeaders = scope["state"].setdefault("headers", [])
    return sent


def request_id(scope: Scope) -> str:
    """The id that the request log has given it."""
    return str(scope["state"]["request_id"])
