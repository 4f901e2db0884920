"""Finds the addresses of the hosts that webhooks go to, and refuses those that are not public."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from invoicing.errors import UrlRefused
from invoicing.webhooks.public_hosts import is_public
from resolvers.shared_threads import SharedThreads

THREADS = 32
MOST_OF_ACCOUNT = 4
PATIENCE = 5.0  # seconds in which a name has to be resolved

Resolve = Callable[[str, int], Sequence[str]]


def resolve_by_system(host: str, port: int) -> Sequence[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class Hosts:
    """Resolves names in threads of its own, so that a slow name does not hold up other work."""

    def __init__(self, *, private: bool = False, resolve: Resolve = resolve_by_system) -> None:
        """`private` allows private addresses too."""
        self._private = private
        self._resolve = resolve
        self._threads = SharedThreads(THREADS, MOST_OF_ACCOUNT, "resolve-host")

    async def check_url(self, url: str, account_id: str) -> None:
        """Refuses a URL whose host cannot be resolved, or is not public."""
        parts = urlsplit(url)
        await self.addresses(parts.hostname or "", parts.port or 443, account_id)

    async def addresses(self, host: str, port: int, account_id: str) -> Sequence[str]:
        """The host's addresses now, for that account. If one of them is not public, UrlRefused is raised."""
        found = await self._addresses(host, port, account_id)
        hidden = [] if self._private else [address for address in found if not is_public(address)]
        if hidden or not found:
            raise UrlRefused(f"{host} is at {', '.join(hidden)}: {UrlRefused.__doc__}", field="url")
        return found

    async def _addresses(self, host: str, port: int, account_id: str) -> Sequence[str]:
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._threads.run(account_id, lambda: self._resolve(host, port))
        except (OSError, UnicodeError, TimeoutError) as failure:
            raise UrlRefused(f"The host {host} cannot be found.", field="url") from failure

    def close(self) -> None:
        """Does not wait for names that are being resolved."""
        self._threads.close()
