"""Reads for the event loop: each gets its own result, in one batch or alone."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator

import pytest

from invoicing.storage.reader import MAX_BATCH, Reader
from invoicing.storage.time_limit import Running
from tests.support.patience import PATIENCE

pytestmark = pytest.mark.anyio


@pytest.fixture
def reader() -> Iterator[Reader]:
    reader = Reader(1, PATIENCE, most=1)
    yield reader
    reader.close()


async def test_each_read_gets_its_own_result(reader: Reader) -> None:
    results = await asyncio.gather(*(reader.read(lambda _, n=n: n * n) for n in range(100)))  # type: ignore[misc]
    assert results == [n * n for n in range(100)]


async def test_a_read_that_fails_does_not_affect_the_others(reader: Reader) -> None:
    def fail(_: Running) -> int:
        raise LookupError("no such row")

    before, failed, after = await asyncio.gather(
        reader.read(lambda _: 1), reader.read(fail), reader.read(lambda _: 2), return_exceptions=True
    )
    assert (before, after) == (1, 2)
    assert isinstance(failed, LookupError)


async def test_a_cancelled_read_does_no_harm(reader: Reader) -> None:
    started, go = threading.Event(), threading.Event()

    def slow(_: Running) -> bool:
        started.set()
        return go.wait(PATIENCE)

    given_up = asyncio.ensure_future(reader.read(slow))
    await asyncio.to_thread(started.wait, PATIENCE)
    given_up.cancel()
    waiting = [asyncio.ensure_future(reader.read(lambda _: "read")) for _ in range(MAX_BATCH + 1)]
    go.set()
    assert await asyncio.gather(*waiting) == ["read"] * (MAX_BATCH + 1)
    assert given_up.cancelled()


async def test_accounts_whose_reads_are_slow_read_in_turns(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("invoicing.storage.reader.SLOW", -1)  # seconds: each read is slow
    go, order = threading.Event(), list[str]()

    def noting(owner: str) -> Callable[[Running], None]:
        def read(_: Running) -> None:
            go.wait(PATIENCE)
            order.append(owner)

        return read

    waiting = [
        asyncio.ensure_future(reader.read(noting(owner), owner))
        for owner in (*["busy"] * (MAX_BATCH + 1), "calm", "calm")
    ]
    await asyncio.sleep(0)  # all of them are asked for
    go.set()
    await asyncio.gather(*waiting)
    assert order == ["busy", "calm", "busy", "calm", *["busy"] * (MAX_BATCH - 1)]


async def test_the_event_loop_is_not_blocked_by_a_slow_read(reader: Reader) -> None:
    go = threading.Event()
    reading = asyncio.ensure_future(reader.read(lambda _: go.wait(PATIENCE)))
    await asyncio.sleep(0)
    go.set()  # reached only if the loop is not blocked
    assert await reading


def test_two_loops_get_their_own_results(reader: Reader) -> None:
    async def read() -> str:
        return await reader.read(lambda _: "read")

    assert [asyncio.run(read()) for _ in range(2)] == ["read", "read"]


def test_closing_waits_for_pending_reads() -> None:
    async def started() -> str:
        reader = Reader(2, PATIENCE, most=2)
        result = asyncio.ensure_future(reader.read(lambda _: "read"))
        for _ in range(2):  # it is requested, and handed over at the end of the loop's iteration
            await asyncio.sleep(0)
        reader.close()
        return await result

    assert asyncio.run(started()) == "read"


def test_a_read_after_closing_fails_and_does_not_hang() -> None:
    async def late() -> str:
        reader = Reader(1, PATIENCE, most=1)
        reader.close()
        return await reader.read(lambda _: "read")

    with pytest.raises(RuntimeError, match="closed"):
        asyncio.run(late())
