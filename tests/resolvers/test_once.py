"""What is made once for several who wait for it."""

from __future__ import annotations

import asyncio

import pytest

from resolvers.once import Moment, Once

pytestmark = pytest.mark.anyio


async def test_who_is_cancelled_leaves_it_to_the_others() -> None:
    may_go_on = asyncio.Event()

    async def make() -> str:
        await may_go_on.wait()
        return "made"

    once = Once(make())
    first, second = (asyncio.create_task(once.wait()) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    may_go_on.set()
    assert await second == "made"
    assert first.cancelled()
    assert await once.wait() == "made"


async def test_all_who_wait_get_what_it_raises() -> None:
    async def make() -> str:
        raise RuntimeError("Not today.")

    once = Once(make())
    failures = await asyncio.gather(*(once.wait() for _ in range(3)), return_exceptions=True)
    assert [str(failure) for failure in failures] == ["Not today."] * 3


async def test_of_a_moment_the_same_is_made_once() -> None:
    made: list[str] = []
    moment = Moment("state")

    async def make(name: str) -> str:
        made.append(name)
        return f"{name} of {moment.value}"

    names = ["a", "b", "a", "a"]
    told = await asyncio.gather(*(moment.made_once(name, lambda name=name: make(name)) for name in names))  # type: ignore[misc]
    assert told == [f"{name} of state" for name in names]
    assert made == ["a", "b"]
