"""What each event loop has one of."""

from __future__ import annotations

import asyncio

from resolvers.per_loop import PerLoop


def test_each_loop_has_its_own_and_keeps_it() -> None:
    own = PerLoop(lambda loop: [loop])

    async def get_twice() -> list[asyncio.AbstractEventLoop]:
        first = own.get()
        await asyncio.sleep(0)
        assert own.get() is first
        assert first == [asyncio.get_running_loop()]
        return first

    assert asyncio.run(get_twice()) is not asyncio.run(get_twice())


def test_what_a_closed_loop_had_is_forgotten() -> None:
    own = PerLoop(lambda _: object())

    async def get() -> object:
        return own.get()

    for _ in range(5):
        asyncio.run(get())
    assert len(own._made) == 1


def test_loops_that_are_open_beside_each_other_keep_theirs() -> None:
    own = PerLoop(lambda _: object())

    async def get() -> object:
        return own.get()

    with asyncio.Runner() as one, asyncio.Runner() as other:
        first = one.run(get())
        second = other.run(get())
        assert first is not second
        assert (one.run(get()), other.run(get())) == (first, second)
