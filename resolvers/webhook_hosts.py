"""Finds the addresses of hosts that webhooks are to go to, and refuses those that are not public."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from invoicing.errors import UrlRefused
from invoicing.webhooks.public_hosts import is_public

THREADS = 8
PATIENCE = 5.0  # seconds for a name to be found

Find = Callable[[str, int], Sequence[str]]


def found_by_system(host: str, port: int) -> Sequence[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class Hosts:
    """Names are looked up in threads of their own: a slow one holds up no other work."""

    def __init__(self, *, private: bool = False, find: Find = found_by_system) -> None:
        self._private = private
        self._find = find
        self._threads = ThreadPoolExecutor(THREADS, "find-host")

    async def check(self, url: str) -> None:
        """Refuses a URL whose host cannot be found, or may not be called."""
        parts = urlsplit(url)
        await self.addresses(parts.hostname or "", parts.port or 443)

    async def addresses(self, host: str, port: int) -> Sequence[str]:
        """Where the host is now. All of it has to be public, or none of it is to be called."""
        found = await self._found(host, port)
        hidden = [] if self._private else [address for address in found if not is_public(address)]
        if hidden or not found:
            raise UrlRefused(f"{host} is at {', '.join(hidden)}: {UrlRefused.__doc__}", field="url")
        return found

    async def _found(self, host: str, port: int) -> Sequence[str]:
        try:
            async with asyncio.timeout(PATIENCE):
                return await asyncio.get_running_loop().run_in_executor(self._threads, self._find, host, port)
        except (OSError, UnicodeError, TimeoutError) as failure:
            raise UrlRefused(f"The host {host} cannot be found.", field="url") from failure

    def close(self) -> None:
        """Names that are still looked up are not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)


PUBLIC = Hosts()
