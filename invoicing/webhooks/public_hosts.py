"""Which addresses belong to the public internet. Others may be the operator's own, and are not called.

The networks are those of IANA's registries of special-purpose addresses (RFC 6890) for IPv4 and IPv6, as of
2025-10-09. They are named here because what the standard library knows of them depends on the release of
Python: 3.11.7 takes most of 192.0.0.0/24, and 3fff::/20, for public.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

_SPECIAL_IPV4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",  # shared by carriers; 100.100.100.200 is Alibaba's metadata
            "127.0.0.0/8",
            "169.254.0.0/16",  # link-local; 169.254.169.254 is the metadata of most clouds
            "172.16.0.0/12",
            "192.0.0.0/24",  # 192.0.0.192 is Oracle's metadata
            "192.0.2.0/24",
            "192.31.196.0/24",
            "192.52.193.0/24",
            "192.88.99.0/24",  # relays of 6to4
            "192.168.0.0/16",
            "192.175.48.0/24",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
            "168.63.129.16/32",  # in no registry: Azure's virtual machines reach their host there
        ),
    )
)
_SPECIAL_IPV6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # Teredo and benchmarks among them
            "2001:db8::/32",
            "2002::/16",  # 6to4: an IPv4 address is in it
            "2620:4f:8000::/48",
            "3fff::/20",
        ),
    )
)
_UNICAST = IPv6Network("2000::/3")  # all that is not in it is special, or not given out
_TRANSLATED = IPv6Network("64:ff9b::/96")  # RFC 6052: IPv4 addresses, as reached from IPv6-only networks


def is_public(address: str) -> bool:
    """Whether it is not private, loopback, link-local, multicast or reserved, in any notation."""
    found = ip_address(address)
    if isinstance(found, IPv4Address):
        return found.is_global and not any(found in net for net in _SPECIAL_IPV4)
    if (ipv4 := found.ipv4_mapped or _translated(found)) is not None:
        return is_public(str(ipv4))
    return found.is_global and found in _UNICAST and not any(found in net for net in _SPECIAL_IPV6)


def _translated(address: IPv6Address) -> IPv4Address | None:
    return IPv4Address(int(address) & 0xFFFF_FFFF) if address in _TRANSLATED else None
