"""Finds the addresses of the hosts that webhooks go to, and refuses those that are not public."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from invoicing.errors import UrlRefused
from invoicing.webhooks.public_hosts import is_public

THREADS = 8
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
        self._threads = ThreadPoolExecutor(THREADS, "resolve-host")

    async def check_url(self, url: str) -> None:
        """Refuses a URL whose host cannot be resolved, or is not public."""
        parts = urlsplit(url)
        await self.addresses(parts.hostname or "", parts.port or 443)

    async def addresses(self, host: str, port: int) -> Sequence[str]:
        """The host's addresses now. If one of them is not public, UrlRefused is raised."""
        found = await self._addresses(host, port)
        hidden = [] if self._private else [address for address in found if not is_public(address)]
        if hidden or not found:
            raise UrlRefused(f"{host} is at {', '.join(hidden)}: {UrlRefused.__doc__}", field="url")
        return found

    async def _addresses(self, host: str, port: int) -> Sequence[str]:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(PATIENCE):
                return await loop.run_in_executor(self._threads, self._resolve, host, port)
        except (OSError, UnicodeError, TimeoutError) as failure:
            raise UrlRefused(f"The host {host} cannot be found.", field="url") from failure

    def close(self) -> None:
        """Does not wait for names that are being resolved."""
        self._threads.shutdown(wait=False, cancel_futures=True)
