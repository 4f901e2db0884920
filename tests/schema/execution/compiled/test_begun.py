"""Coroutines that are begun together: which become tasks, and what is heard of those that fail."""

from __future__ import annotations

import asyncio

import pytest

from schema.execution.compiled.begun import all_ended


def test_what_has_nothing_to_wait_for_runs_in_its_callers_task() -> None:
    async def run() -> None:
        seen: list[object] = []
        over = asyncio.Event()

        async def at_once() -> None:
            seen.append(asyncio.current_task())

        async def later() -> None:
            await over.wait()
            seen.append(asyncio.current_task())

        asyncio.get_running_loop().call_soon(over.set)
        await all_ended([at_once(), later(), at_once()])
        assert len(seen) == 3
        assert seen[0] is seen[1] is asyncio.current_task()
        assert seen[2] is not asyncio.current_task()

    asyncio.run(run())


def test_each_is_given_what_it_waited_for() -> None:
    async def run() -> None:
        loop = asyncio.get_running_loop()
        values, found = [loop.create_future() for _ in range(3)], list[object]()

        async def call(place: int) -> None:
            for _ in range(2):
                found.append((place, await values[place]))
                await asyncio.sleep(0)

        for place, value in enumerate(values):
            loop.call_soon(value.set_result, f"value {place}")
        await all_ended([call(place) for place in range(3)])
        assert sorted(map(str, found)) == [f"({n}, 'value {n}')" for n in range(3) for _ in range(2)]

    asyncio.run(run())


@pytest.mark.parametrize("waiting", [(), (0,), (1,), (0, 1), (0, 1, 2)])
def test_the_first_failure_is_raised_once_all_have_ended(waiting: tuple[int, ...]) -> None:
    ended: list[int] = []

    async def call(place: int) -> None:
        try:
            if place in waiting:
                await asyncio.sleep(0)
            if place:
                raise ValueError(place)
        finally:
            ended.append(place)

    with pytest.raises(ValueError, match="1"):
        asyncio.run(all_ended([call(0), call(1), call(2)]))
    assert sorted(ended) == [0, 1, 2]


@pytest.mark.parametrize("count", [1, 2])
def test_what_a_wait_fails_with_is_raised_within(count: int) -> None:
    async def run() -> list[str]:
        caught: list[str] = []
        failing = asyncio.get_running_loop().create_future()

        async def call() -> None:
            try:
                await failing
            except ValueError as failure:
                caught.append(str(failure))
            await asyncio.sleep(0)

        asyncio.get_running_loop().call_soon(failing.set_exception, ValueError("gone"))
        await all_ended([call() for _ in range(count)])
        return caught

    assert asyncio.run(run()) == ["gone"] * count


@pytest.mark.parametrize("count", [1, 2, 3])
def test_who_is_cancelled_cancels_all(count: int) -> None:
    async def run() -> int:
        ends: list[int] = []

        async def call(place: int) -> None:
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                ends.append(place)

        waiting = asyncio.ensure_future(all_ended([call(place) for place in range(count)]))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        return len(ends)

    assert asyncio.run(run()) == count


def test_what_is_cancelled_before_its_task_has_begun_still_tidies_up() -> None:
    async def run() -> list[str]:
        done: list[str] = []
        loop = asyncio.get_running_loop()

        async def call() -> None:
            try:
                await loop.create_future()
            except asyncio.CancelledError:
                await asyncio.sleep(0)
                done.append("tidied up")
                raise

        waiting = loop.create_task(all_ended([call(), call()]))
        loop.call_soon(waiting.cancel)
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(waiting, 5)
        return done

    assert asyncio.run(run()) == ["tidied up"] * 2
