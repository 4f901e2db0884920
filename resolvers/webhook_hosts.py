"""Finds the addresses of the hosts that webhooks go to, and refuses where they do not go.

They go by https to the ports that web servers have, and to public addresses: whoever makes an endpoint cannot
have the operator's own machines called, nor what listens beside a web server.
"""

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
PORTS = (443, 8443)
PATIENCE = 5.0  # seconds in which a name has to be resolved

_PORT_OF = {"http": 80, "https": 443}

Resolve = Callable[[str, int], Sequence[str]]


def resolve_by_system(host: str, port: int) -> Sequence[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class Hosts:
    """Resolves names in threads of its own, so that a slow name does not hold up other work."""

    def __init__(
        self, *, private: bool = False, any_port: bool = False, resolve: Resolve = resolve_by_system
    ) -> None:
        """`any_port` allows plain http and all ports; `private` allows these and private addresses."""
        self._private = private
        self._any_port = any_port or private
        self._resolve = resolve
        self._threads = SharedThreads(THREADS, MOST_OF_ACCOUNT, "resolve-host")

    async def check_url(self, url: str, account_id: str) -> None:
        """Refuses a URL to which nothing may be sent, or whose host cannot be resolved."""
        parts = urlsplit(url)
        await self.addresses(parts.scheme, parts.hostname or "", parts.port, account_id)

    async def addresses(self, scheme: str, host: str, port: int | None, account_id: str) -> Sequence[str]:
        """The host's addresses now, for that account. Raises UrlRefused if one of them may not be called."""
        port = port or _PORT_OF[scheme]
        if not self._any_port and (scheme != "https" or port not in PORTS):
            raise UrlRefused(f"{scheme}://{host}:{port} is refused: {UrlRefused.__doc__}", field="url")
        found = await self._addresses(host, port, account_id)
        hidden = [] if self._private else [address for address in found if not is_public(address)]
        if hidden or not found:
            raise _without_address(host)
        return found

    async def _addresses(self, host: str, port: int, account_id: str) -> Sequence[str]:
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._threads.run(account_id, lambda: self._resolve(host, port))
        except (OSError, UnicodeError, TimeoutError) as failure:
            raise _without_address(host) from failure

    def close(self) -> None:
        """Does not wait for names that are being resolved."""
        self._threads.close()


def _without_address(host: str) -> UrlRefused:
    """The same for an unknown name and for one inside of the operator's network: nobody learns which."""
    return UrlRefused(f"{host} has no public address, or none at all: {UrlRefused.__doc__}", field="url")
