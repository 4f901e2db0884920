"""Where callers are: the address that a limit counts, and which proxies are believed about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import Scope

_Address = IPv4Address | IPv6Address
_Network = IPv4Network | IPv6Network

_NETWORK_BITS = 64  # of an IPv6 address: whoever has one has all that begin like it
_LONGEST = 100  # characters; no address is longer, with its port and zone


@dataclass(frozen=True, slots=True)
class Proxies:
    """The proxies in front of the server. What they say in `X-Forwarded-For` is believed, of nobody else."""

    networks: tuple[_Network, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Proxies:
        """Reads addresses and networks between blanks. Raises ValueError."""
        return cls(tuple(ip_network(part) for part in text.split()))

    def trusts(self, host: str | None) -> bool:
        """Whether the peer is one of them. A peer without an address came over a socket of this machine."""
        if host is None:
            return True
        address = _parse(host)
        return address is not None and any(address in network for network in self.networks)

    def caller_of(self, scope: Scope) -> str:
        """The address that limits count for the request; empty if it came over a socket without one."""
        client = scope.get("client")
        peer: str | None = client[0] if client else None
        if not self.trusts(peer):
            return counted(peer or "")
        hops = [peer or "", *reversed(_forwarded_for(scope["headers"]))]
        known = [hop for hop in hops if _parse(hop) is not None]
        return counted(next((hop for hop in known if not self.trusts(hop)), known[-1] if known else ""))


def counted(host: str) -> str:
    """What a limit counts as one caller: an IPv4 address, or the network of an IPv6 address."""
    address = _parse(host)
    if not isinstance(address, IPv6Address):
        return str(address or "")
    return str(ip_network((address, _NETWORK_BITS), strict=False))


def is_loopback(host: str) -> bool:
    address = _parse(host)
    return address is not None and address.is_loopback


def _parse(host: str) -> _Address | None:
    return _parse_short(host) if len(host) <= _LONGEST else None


@lru_cache(1_024)
def _parse_short(host: str) -> _Address | None:
    try:
        address = ip_address(_without_port(host))
    except ValueError:
        return None
    return (isinstance(address, IPv6Address) and address.ipv4_mapped) or address


def _without_port(host: str) -> str:
    """Proxies write `192.0.2.1:4711` and `[2001:db8::1]:4711` too."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0] if host.count(":") == 1 else host


def _forwarded_for(headers: Iterable[tuple[bytes, bytes]]) -> list[str]:
    """The addresses in `X-Forwarded-For`, the nearest to the server last."""
    lists = [value.decode("latin-1") for name, value in headers if name == b"x-forwarded-for"]
    return [hop.strip() for hop in ",".join(lists).split(",")]
