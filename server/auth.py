"""From a request's bearer token to the principal it acts for."""

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
from resolvers.once import Once

REMEMBERED_SECONDS = 1.0
_MOST_REMEMBERED = 4_096


class Authenticator:
    """Looks tokens up, and remembers for a second what it found: a busy client costs one look-up a second.

    A key that is revoked ends within that second on every server, and at once where `forget` is called.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._found_lately: OrderedDict[str, tuple[float, Principal]] = OrderedDict()
        self._looking: dict[str, Once[Principal | None]] = {}

    async def principal_of(self, token: str) -> Principal:
        """Whom the token stands for. Raises Unauthorized if it is not known."""
        if (remembered := self.remembered(token)) is not None:
            return remembered
        found = await self._found_once(token)
        if found is None:
            raise Unauthorized("This API key or session token is not known, was revoked, or has expired.")
        return found

    async def _found_once(self, token: str) -> Principal | None:
        """Looks it up once for all who have it at the same time: hundreds may follow the same invoice."""
        looking = self._looking.get(token)
        if looking is None:
            looking = self._looking[token] = Once(self._find(token, self._looking))
        return await looking.wait()

    async def _find(self, token: str, looking: dict[str, Once[Principal | None]]) -> Principal | None:
        try:
            found = await self._look_up(token)
        finally:
            del looking[token]
        if found is None:
            self._found_lately.pop(token, None)
        elif looking is self._looking:  # otherwise a key was revoked during the look-up
            self._remember(token, found)
        return found

    def remembered(self, token: str) -> Principal | None:
        """Whom it stood for within the last second."""
        remembered = self._found_lately.get(token)
        return remembered[1] if remembered is not None and remembered[0] > time.monotonic() else None

    def has_found(self, token: str) -> bool:
        """Whether it was right when it was last looked up. It may have ended since."""
        return token in self._found_lately

    async def _look_up(self, token: str) -> Principal | None:
        """Looks in the sessions first if it begins like one: one API key in 262,144 does so too."""
        if token.startswith(sessions.PREFIX):
            now = datetime.now(UTC)
            if found := await self._database.read_async(sessions.find_principal, token, now=now):
                return found
        return await self._database.read_async(api_keys.find_principal, token)

    def forget(self) -> None:
        self._looking = {}  # who asks from now on does not get what was looked up before
        self._found_lately.clear()

    def _remember(self, token: str, found: Principal) -> None:
        self._found_lately[token] = time.monotonic() + REMEMBERED_SECONDS, found
        self._found_lately.move_to_end(token)
        if len(self._found_lately) > _MOST_REMEMBERED:
            self._found_lately.popitem(last=False)


def bearer(connection: HTTPConnection) -> str:
    """The request's token. Raises Unauthorized if it has none."""
    return token_in(connection.headers.get("authorization", ""))


def token_in(authorization: str) -> str:
    """The token of `Bearer …`. Raises Unauthorized if there is none."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthorized
    return token.strip()
