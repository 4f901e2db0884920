"""How many connections an address may have, and all together."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.sync.client import connect

from server.connections.addresses import Proxies
from server.connections.guard import Guard
from tests.server.connections.conftest import Run
from tests.support.patience import until
from tests.support.raw_caller import RawCaller, status

GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize("limit", [{"most": 3}, {"most_per_address": 3}])
def test_one_connection_too_many_is_refused_until_another_ends(run: Run, limit: dict[str, int]) -> None:
    with run(**limit) as server, ExitStack() as open_things:
        callers = [open_things.enter_context(RawCaller(server.address)) for _ in range(3)]
        until(lambda: server.guard.number == 3)
        with RawCaller(server.address) as late:
            assert status(late.rest()) == 429
        callers[0].close()
        until(lambda: server.guard.number == 2)
        with RawCaller(server.address) as later:
            later.sendall(GET)
            assert status(later.rest()) == 200
        assert server.refused == {"connections": 1}


def test_a_trusted_proxy_has_as_many_connections_as_it_needs(run: Run) -> None:
    with run(most_per_address=1) as server, ExitStack() as open_things:
        server.guard.proxies = Proxies.parse("127.0.0.0/8")
        callers = [open_things.enter_context(RawCaller(server.address)) for _ in range(5)]
        for caller in callers:
            caller.sendall(GET)
        assert [status(caller.rest()) for caller in callers] == [200] * 5


def test_a_websocket_counts_until_it_is_closed(run: Run) -> None:
    with run() as server:
        url = server.address.replace("http", "ws")
        with connect(f"{url}/socket"):
            assert server.guard.number == 1
        until(lambda: server.guard == replace(server.guard, number=0, _by_address=Counter()))


@given(st.lists(st.sampled_from([None, "192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2", "10.0.0.1"])))
def test_who_has_left_is_forgotten(hosts: list[str | None]) -> None:
    proxies = Proxies.parse("10.0.0.0/8")
    guard = Guard(proxies=proxies, most_per_address=2)
    before: Counter[str] = Counter()
    for host in hosts:
        address = host.replace("::2", "::1") if host and host != "10.0.0.1" else ""
        assert guard.enter(host) is (before[address] < 2 or not address)
        before[address] += 1
    for host in hosts:
        guard.leave(host)
    assert guard == Guard(proxies=proxies, most_per_address=2)
