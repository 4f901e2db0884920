"""How much of an answer a caller has to take, told by a clock that the tests move."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextvars import Context
from typing import TypeVarTuple

import pytest

from server.connections.guard import Limits
from server.connections.writes import Unread

Given = TypeVarTuple("Given")


class Clock(asyncio.SelectorEventLoop):
    """An event loop whose timers are run by the test."""

    def __init__(self) -> None:
        super().__init__()
        self.timers: list[Callable[[], object]] = []

    def call_later(
        self,
        delay: float,
        callback: Callable[[*Given], object],
        *args: *Given,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        self.timers.append(lambda: callback(*args))
        return asyncio.TimerHandle(delay, callback, args, self, context)

    def pass_time(self) -> None:
        timers, self.timers = self.timers, []
        for run in timers:
            run()


class Sent(asyncio.Transport):
    """A transport with so many bytes that the caller has not taken."""

    def __init__(self, unsent: int) -> None:
        super().__init__()
        self.unsent = unsent
        self.is_aborted = False

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def abort(self) -> None:
        self.is_aborted = True


@pytest.fixture
def clock() -> Iterator[Clock]:
    clock = Clock()
    yield clock
    clock.close()


def test_who_takes_too_little_is_cut_off(clock: Clock) -> None:
    for taken in (0, 1, 99):
        transport = Sent(10_000)
        Unread(clock, 10, rate=10).watch(transport)
        transport.unsent -= taken
        clock.pass_time()
        assert transport.is_aborted


def test_who_takes_enough_goes_on_until_all_is_taken(clock: Clock) -> None:
    transport = Sent(250)
    Unread(clock, 10, rate=10).watch(transport)
    for left in (150, 50, 0):
        transport.unsent = left
        clock.pass_time()
        assert not transport.is_aborted
    assert clock.timers == []


def test_the_last_bytes_have_their_time_too(clock: Clock) -> None:
    transport = Sent(50)
    Unread(clock, 10, rate=10).watch(transport)
    transport.unsent = 1
    clock.pass_time()
    assert transport.is_aborted


def test_who_takes_most_of_what_is_unsent_may_get_as_much_again(clock: Clock) -> None:
    transport = Sent(1_000)
    unread = Unread(clock, 10, rate=10)
    unread.watch(transport)
    unread.note_taken()
    clock.pass_time()
    assert not transport.is_aborted
    clock.pass_time()
    assert transport.is_aborted


def test_an_answer_that_nobody_reads_is_kept_for_seconds() -> None:
    assert Limits().unread_time <= 30
