"""Where a caller is, behind proxies and without."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.connections.addresses import Proxies, counted, is_loopback

PROXIES = Proxies.parse("127.0.0.1 ::1 10.0.0.0/8")


def caller(peer: str | None, *forwarded_for: str) -> str:
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded_for]
    return PROXIES.caller_of({"client": (peer, 1) if peer else None, "headers": headers})


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "address"),
    [
        ("192.0.2.1", [], "192.0.2.1"),
        ("192.0.2.1", ["198.51.100.7"], "192.0.2.1"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("10.1.1.1", ["203.0.113.9, 198.51.100.7"], "198.51.100.7"),
        ("10.1.1.1", ["198.51.100.7, 10.2.2.2"], "198.51.100.7"),
        ("10.1.1.1", ["203.0.113.9", "198.51.100.7, 10.2.2.2"], "198.51.100.7"),
        ("10.1.1.1", ["10.3.3.3, 10.2.2.2"], "10.3.3.3"),
        ("10.1.1.1", ["198.51.100.7:4711"], "198.51.100.7"),
        ("10.1.1.1", ["[2001:db8:1:2:3::4]:4711"], "2001:db8:1:2::/64"),
        ("10.1.1.1", ["2001:db8:1:2:3::4"], "2001:db8:1:2::/64"),
        ("10.1.1.1", ["unknown"], "10.1.1.1"),
        ("10.1.1.1", [""], "10.1.1.1"),
        ("10.1.1.1", ["x" * 30_000], "10.1.1.1"),
        ("::ffff:10.1.1.1", ["198.51.100.7"], "198.51.100.7"),
        (None, ["198.51.100.7"], "198.51.100.7"),
        (None, [], ""),
    ],
)
def test_the_caller_is_the_nearest_that_is_no_proxy_of_ours(
    peer: str | None, forwarded_for: list[str], address: str
) -> None:
    assert caller(peer, *forwarded_for) == address


def test_all_of_an_ipv6_network_count_as_one() -> None:
    assert counted("2001:db8::1") == counted("2001:db8::ffff:2") != counted("2001:db8:0:1::1")
    assert counted("::ffff:192.0.2.1") == counted("192.0.2.1")


@given(st.text())
def test_nothing_that_a_caller_writes_breaks_it(text: str) -> None:
    assert isinstance(PROXIES.caller_of({"client": ("127.0.0.1", 1), "headers": _header(text)}), str)


def _header(text: str) -> list[tuple[bytes, bytes]]:
    return [(b"x-forwarded-for", text.encode(errors="replace"))]


@pytest.mark.parametrize("text", ["127.0.0.1,10.0.0.1", "localhost", "10.0.0.1/8", "*"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        Proxies.parse(text)


def test_loopback() -> None:
    assert [is_loopback(host) for host in ("127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1")] == [True] * 4
    assert [is_loopback(host) for host in ("", "localhost", "0.0.0.0", "192.0.2.1")] == [False] * 4  # noqa: S104
