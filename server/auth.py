"""From a request's bearer token to its principal."""

from __future__ import annotations

import time
from collections import OrderedDict
from datetime import UTC, datetime

from starlette.requests import HTTPConnection

from invoicing.access import Principal
from invoicing.accounts import api_keys
from invoicing.customers import sessions
from invoicing.errors import Unauthorized
from invoicing.storage.database import Database

REMEMBERED_SECONDS = 1.0
_MOST = 4_096


class Authenticator:
    """Looks tokens up. What it finds it remembers for a second, so that a busy client costs one look-up.

    A key that is revoked ends within that second everywhere, and at once where `forget` is called.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen: OrderedDict[str, tuple[float, Principal]] = OrderedDict()
        self._forgotten = 0

    async def principal(self, connection: HTTPConnection) -> Principal:
        """Whom the request acts for. Raises Unauthorized when it does not say, or the key is not known."""
        return await self.principal_of(bearer(connection))

    async def principal_of(self, token: str) -> Principal:
        """Whom the token stands for. Raises Unauthorized when it is not known."""
        seen = self._seen.get(token)
        if seen is not None and seen[0] > time.monotonic():
            return seen[1]
        forgotten = self._forgotten
        found = await self._looked_up(token)
        if found is None:
            self._seen.pop(token, None)
            raise Unauthorized("This API key or session token is not known, was revoked, or has expired.")
        if forgotten == self._forgotten:  # else a key was revoked while this one was looked up
            self._remember(token, found)
        return found

    async def _looked_up(self, token: str) -> Principal | None:
        """A token that begins like a session's is one, but for one key in a quarter of a million."""
        if token.startswith(sessions.PREFIX):
            now = datetime.now(UTC)
            if found := await self._database.read_async(sessions.principal, token, now=now):
                return found
        return await self._database.read_async(api_keys.principal, token)

    def forget(self) -> None:
        self._forgotten += 1
        self._seen.clear()

    def _remember(self, token: str, found: Principal) -> None:
        self._seen[token] = time.monotonic() + REMEMBERED_SECONDS, found
        self._seen.move_to_end(token)
        if len(self._seen) > _MOST:
            self._seen.popitem(last=False)


def bearer(connection: HTTPConnection) -> str:
    """The request's token. Raises Unauthorized when it has none."""
    return token_in(connection.headers.get("authorization", ""))


def token_in(authorization: str) -> str:
    """The token of `Bearer …`. Raises Unauthorized when there is none."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthorized
    return token.strip()
