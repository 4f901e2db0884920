"""Reads for the event loop: each gets its own answer, together or apart."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from invoicing.storage.reader import MOST, Reader

pytestmark = pytest.mark.anyio


@pytest.fixture
def reader() -> Iterator[Reader]:
    reader = Reader(1)
    yield reader
    reader.close()


async def test_each_read_gets_its_own_answer(reader: Reader) -> None:
    answers = await asyncio.gather(*(reader.read(lambda n=n: n * n) for n in range(100)))  # type: ignore[misc]
    assert answers == [n * n for n in range(100)]


async def test_a_read_that_fails_takes_none_of_the_others_with_it(reader: Reader) -> None:
    def fail() -> int:
        raise LookupError("no such row")

    before, failed, after = await asyncio.gather(
        reader.read(lambda: 1), reader.read(fail), reader.read(lambda: 2), return_exceptions=True
    )
    assert (before, after) == (1, 2)
    assert isinstance(failed, LookupError)


async def test_a_read_nobody_waits_for_any_more_does_no_harm(reader: Reader) -> None:
    begun, go = threading.Event(), threading.Event()

    def slow() -> bool:
        begun.set()
        return go.wait(10)

    given_up = asyncio.ensure_future(reader.read(slow))
    await asyncio.to_thread(begun.wait, 10)
    given_up.cancel()
    waiting = [asyncio.ensure_future(reader.read(lambda: "read")) for _ in range(MOST + 1)]
    go.set()
    assert await asyncio.gather(*waiting) == ["read"] * (MOST + 1)
    assert given_up.cancelled()


async def test_the_event_loop_goes_on_while_a_read_takes_its_time(reader: Reader) -> None:
    go = threading.Event()
    reading = asyncio.ensure_future(reader.read(lambda: go.wait(10)))
    await asyncio.sleep(0)
    go.set()  # only a loop that goes on gets here
    assert await reading


def test_two_loops_are_answered_each_on_its_own(reader: Reader) -> None:
    assert [asyncio.run(reader.read(lambda: "read")) for _ in range(2)] == ["read", "read"]


def test_closing_waits_for_what_was_begun() -> None:
    async def begun() -> str:
        reader = Reader(2)
        answer = asyncio.ensure_future(reader.read(lambda: "read"))
        for _ in range(2):  # it asks, and is handed over when the loop's turn ends
            await asyncio.sleep(0)
        reader.close()
        return await answer

    assert asyncio.run(begun()) == "read"


def test_what_is_asked_after_closing_fails_and_does_not_hang() -> None:
    async def late() -> str:
        reader = Reader(1)
        reader.close()
        return await reader.read(lambda: "read")

    with pytest.raises(RuntimeError, match="closed"):
        asyncio.run(late())
