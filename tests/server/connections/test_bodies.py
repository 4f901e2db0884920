"""Bodies, and answers that nobody reads: they have their time too."""

from __future__ import annotations

import socket

import httpx
import pytest

from tests.server.connections.conftest import Run
from tests.support.patience import until
from tests.support.raw_caller import RawCaller, status

POST = b"POST /length HTTP/1.1\r\nHost: localhost\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "begin", [POST + b"Content-Length: 10\r\n\r\n12345", CHUNKED + b"5\r\n12345\r\n", CHUNKED]
)
def test_a_body_that_does_not_end_in_time_is_refused_with_408(run: Run, begin: bytes) -> None:
    with run(body_time=0.05) as server, RawCaller(server.address) as caller:
        caller.sendall(begin)
        assert status(caller.rest()) == 408
        until(lambda: server.seen == ["gone"])
        assert server.refused == {"slow": 1}


def test_a_body_that_comes_fast_enough_has_all_the_time_it_needs(run: Run) -> None:
    with run(body_time=0.01, body_rate=1) as server, RawCaller(server.address) as caller:
        caller.sendall(POST + b"Connection: close\r\nContent-Length: 100000\r\n\r\n" + b"1" * 99_999)
        with httpx.Client() as other:
            for _ in range(50):  # in which it would long have been refused
                other.get(f"{server.address}/healthz")
        caller.sendall(b"1")
        assert caller.rest().endswith(b"\r\n100000 ")


def test_a_body_that_nobody_wants_any_more_ends_with_its_time(run: Run) -> None:
    with run(body_time=0.05, body_rate=1) as server, RawCaller(server.address) as caller:
        endless = b"%d" % 10**15  # or what comes after it would be a next request
        caller.sendall(b"POST /none HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + endless + b"\r\n\r\n")
        while caller.send_as_far_as_taken(b"1" * 100):
            pass
        assert status(caller.rest()) in (404, 0)
        assert server.refused == {"slow": 1}


def test_a_caller_who_was_told_to_go_on_has_no_more_time(run: Run) -> None:
    with run(body_time=0.05) as server, RawCaller(server.address) as caller:
        caller.sendall(POST + b"Content-Length: 10\r\nExpect: 100-continue\r\n\r\n")
        answer = caller.rest()
        assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 408 ")


def test_a_body_that_was_not_asked_for_is_no_next_request(run: Run) -> None:
    asking = b"Content-Length: 80\r\nExpect: 100-continue\r\n\r\n"
    with run() as server, RawCaller(server.address) as caller:
        caller.sendall(b"POST /none HTTP/1.1\r\nHost: localhost\r\n" + asking)
        assert status(caller.rest()) == 404
        assert server.seen == []


@pytest.mark.parametrize(
    ("begin", "part"),
    [
        (CHUNKED + b"0\r\n", b"A: b\r\n" * 10_000),
        (CHUNKED + b"0\r\nTrailer: ", b"a" * 65_536),
        (CHUNKED + b"1;", b"a" * 65_536),
        (CHUNKED + b"1;a=", b"a" * 65_536),
    ],
    ids=["trailers", "a trailer", "an extension", "its value"],
)
def test_what_is_no_data_in_a_body_is_limited_like_a_head(run: Run, begin: bytes, part: bytes) -> None:
    with run() as server, RawCaller(server.address) as caller:
        assert not caller.send_as_far_as_taken(begin, *[part] * 800)
        assert status(caller.rest()) in (431, 0)
        assert server.refused == {"large": 1}


def test_a_trailer_is_no_header(run: Run) -> None:
    with run() as server, RawCaller(server.address) as caller:
        caller.sendall(CHUNKED.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        caller.sendall(b"3\r\nabc\r\n0\r\nTrailer: sneaked in\r\n\r\n")
        assert caller.rest().endswith(b"\r\n\r\n3 ")


@pytest.mark.parametrize(
    "smuggled", [b"Content-Length: 5\r\nTransfer-Encoding: chunked", b"Content-Length: 5, 6"]
)
def test_two_lengths_are_refused(run: Run, smuggled: bytes) -> None:
    with run() as server, RawCaller(server.address) as caller:
        caller.sendall(POST + smuggled + b"\r\n\r\n0\r\n\r\n")
        assert status(caller.rest()) == 400
        assert server.seen == []


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_request_hears_that_its_caller_went_also_where_others_wait_behind_it(run: Run, number: int) -> None:
    with run() as server:
        with RawCaller(server.address) as caller:
            caller.sendall(b"GET /patient HTTP/1.1\r\nHost: localhost\r\n\r\n" * number)
            until(lambda: server.seen)
        until(lambda: "gone" in server.seen)
        assert server.seen == ["/patient", "gone"]


def test_a_caller_who_does_not_read_the_answer_is_given_up(run: Run) -> None:
    with run(unread_time=0.05) as server, RawCaller(server.address) as caller:
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        caller.sendall(b"GET /large?size=20000000 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        until(lambda: server.guard.number == 1)
        until(lambda: server.guard.number == 0)
