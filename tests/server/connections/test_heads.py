"""Heads of requests: 32 KB and ten seconds, whatever they are made of."""

from __future__ import annotations

import pytest

from tests.server.connections.conftest import Run
from tests.support.raw_caller import RawCaller, status

GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
MOST = 32_768


@pytest.mark.parametrize(
    ("begin", "part"),
    [
        (GET + b"Cookie: ", b"a" * 65_536),
        (GET, b"A: b\r\n" * 10_000),
        (GET + b"A" * 100, b"A" * 65_536),
        (GET + b"A: b\r\n" * 5_000 + b"B: ", b"b" * 65_536),
        (b"GET /", b"a" * 65_536),
        (b"GET /?", b"a=b&" * 20_000),
        (b"", b"\r\n" * 30_000),
        (b"GET /healthz HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nA: ", b"a" * 65_536),
    ],
    ids=["one header", "many headers", "a name", "one more header", "path", "query", "lines", "WebSocket"],
)
def test_a_head_without_end_is_refused_and_the_connection_closed(run: Run, begin: bytes, part: bytes) -> None:
    with run() as server, RawCaller(server.address) as caller:
        assert not caller.send_as_far_as_taken(begin, *[part] * 800)
        assert status(caller.rest()) in (431, 0)  # 0: what was still coming met the closed socket first
        assert (server.refused, server.seen) == ({"large": 1}, [])


@pytest.mark.parametrize("value", [b"a" * MOST, b"a" * 80_000], ids=["a byte too many", "80 KB"])
@pytest.mark.parametrize("method", [b"GET /healthz", b"POST /length"])
def test_a_complete_head_that_is_too_large_is_refused_with_431(run: Run, method: bytes, value: bytes) -> None:
    with run() as server, RawCaller(server.address) as caller:
        caller.sendall(method + b" HTTP/1.1\r\nHost: localhost\r\nCookie: " + value + b"\r\n\r\n")
        answer = caller.rest()
    assert (status(answer), answer.count(b"HTTP/1.1")) == (431, 1)
    assert b"connection: close" in answer
    assert b"32768 bytes at most" in answer
    assert server.seen == []


def test_a_head_of_nearly_32_kb_is_read_also_behind_a_body(run: Run) -> None:
    cookie = b"Cookie: " + b"a" * (MOST - 100) + b"\r\n"
    body = b"POST /length HTTP/1.1\r\nHost: localhost\r\nContent-Length: 70000\r\n\r\n" + b"a" * 70_000
    with run() as server, RawCaller(server.address) as caller:
        caller.sendall(GET + cookie + b"\r\n" + body + GET + cookie + b"Connection: close\r\n\r\n")
        answer = caller.rest()
    assert (answer.count(b"HTTP/1.1 200"), answer.count(b"HTTP/1.1")) == (3, 3)
    assert b"\r\n70000 " in answer


def test_a_head_that_does_not_end_in_time_is_refused_with_408(run: Run) -> None:
    with run(head_time=0.05) as server, RawCaller(server.address) as caller:
        caller.sendall(GET)
        assert status(caller.rest()) == 408
        assert server.refused == {"slow": 1}


def test_a_connection_on_which_nothing_comes_is_closed_without_a_word(run: Run) -> None:
    with run(head_time=0.05) as server, RawCaller(server.address) as caller:
        assert caller.rest() == b""
        assert server.refused == {}


@pytest.mark.parametrize("begin", [b"G", b"\r\n", GET])
def test_the_second_request_of_a_connection_has_no_more_time(run: Run, begin: bytes) -> None:
    with run(head_time=0.05) as server, RawCaller(server.address) as caller:
        caller.sendall(GET + b"\r\n")
        assert status(caller.recv(65_536)) == 200
        caller.sendall(begin)
        assert status(caller.rest()) == 408
        assert server.refused == {"slow": 1}


def test_what_is_no_http_is_refused_with_400(run: Run) -> None:
    with run() as server, RawCaller(server.address) as caller:
        caller.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
        assert status(caller.rest()) == 400
        assert server.refused == {"malformed": 1}


def test_http_1_0_is_answered_and_closed(run: Run) -> None:
    with run() as server, RawCaller(server.address) as caller:
        caller.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
        assert status(caller.rest()) == 200


def test_a_thousand_requests_at_once_are_answered_in_their_order(run: Run) -> None:
    requests = [b"GET /turn/%d HTTP/1.1\r\nHost: localhost\r\n\r\n" % number for number in range(1_000)]
    with run() as server, RawCaller(server.address) as caller:
        caller.sendall(b"".join(requests) + GET + b"Connection: close\r\n\r\n")
        answer = caller.rest()
    assert answer.count(b"HTTP/1.1 200") == 1_001
    assert server.seen == [*(f"/turn/{number}" for number in range(1_000)), "/healthz"]
