"""Places are neither lost nor given twice, also where the loop that took them has ended."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from threading import Event

import pytest

from resolvers.places import Places
from resolvers.shared_threads import SharedThreads
from tests.support.patience import PATIENCE


@pytest.fixture
def threads() -> Iterator[SharedThreads]:
    threads = SharedThreads(2, 1, "test")
    yield threads
    threads.close()


def test_a_later_loop_gets_the_place_that_a_call_of_an_earlier_one_keeps(threads: SharedThreads) -> None:
    may_end = Event()

    async def give_up() -> None:
        running = asyncio.create_task(threads.run("a", may_end.wait))
        await asyncio.sleep(0)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    async def ask() -> str:
        waiting = asyncio.create_task(threads.run("a", lambda: "done"))
        await asyncio.sleep(0)
        assert not waiting.done()
        may_end.set()
        return await asyncio.wait_for(waiting, PATIENCE)

    asyncio.run(give_up())
    assert asyncio.run(ask()) == "done"
    assert len(threads._places) == 0


@pytest.mark.parametrize("comes", [False, True])
def test_who_stops_waiting_leaves_the_place_to_others(comes: bool) -> None:
    places = Places(1)

    async def stop_waiting() -> None:
        assert places.take("a")
        first, second = (asyncio.create_task(places.wait("a")) for _ in range(2))
        await asyncio.sleep(0)
        if comes:
            places.leave("a")  # the first has it, and does not know yet
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        if not comes:
            places.leave("a")
        await asyncio.wait_for(second, PATIENCE)
        assert not places.take("a")
        places.leave("a")

    asyncio.run(stop_waiting())
    assert len(places) == 0


def test_a_loop_that_ended_while_it_waited_keeps_no_place() -> None:
    places = Places(1)
    loop = asyncio.new_event_loop()

    async def take() -> bool:
        return places.take("a")

    waiting = loop.create_task(_taken_or_waited(places))
    assert asyncio.run(take())
    loop.run_until_complete(asyncio.sleep(0))
    assert not waiting.done()
    waiting.cancel()
    loop.run_until_complete(asyncio.gather(waiting, return_exceptions=True))
    loop.close()
    places.leave("a")
    assert len(places) == 0


async def _taken_or_waited(places: Places) -> None:
    if not places.take("a"):
        await places.wait("a")
