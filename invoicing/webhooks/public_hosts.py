"""Which addresses belong to the public internet. Others may be the operator's own, and are not called."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

_UNICAST = IPv6Network("2000::/3")
_TRANSLATED = IPv6Network("64:ff9b::/96")  # RFC 6052: IPv4 addresses, as reached from IPv6-only networks
_TUNNELLED = (IPv6Network("2002::/16"), IPv6Network("2001::/32"))  # 6to4, Teredo


def is_public(address: str) -> bool:
    """Whether it is not private, loopback, link-local, multicast or reserved, in any notation."""
    found = ip_address(address)
    if isinstance(found, IPv4Address):
        return found.is_global and not found.is_multicast and not found.is_reserved
    if (ipv4 := found.ipv4_mapped or _translated(found)) is not None:
        return is_public(str(ipv4))
    return found.is_global and found in _UNICAST and not any(found in net for net in _TUNNELLED)


def _translated(address: IPv6Address) -> IPv4Address | None:
    return IPv4Address(int(address) & 0xFFFF_FFFF) if address in _TRANSLATED else None
