"""Rows by their ids are read together, once, for all who wait; who gives up takes nothing from the others."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from resolvers.loader import Loader

pytestmark = pytest.mark.anyio


class Rows:
    """Has all rows but "none", and knows what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.may_go_on = asyncio.Event()
        self.failure: Exception | None = None

    async def read(self, ids: Sequence[str]) -> Mapping[str, str]:
        self.asked.append([*ids])
        await self.may_go_on.wait()
        if self.failure is not None:
            raise self.failure
        return {id: f"row {id}" for id in ids if id != "none"}


@pytest.fixture
def rows() -> Rows:
    return Rows()


@pytest.fixture
def loader(rows: Rows) -> Loader[str]:
    return Loader(rows.read)


async def asked(rows: Rows, times: int) -> None:
    """Waits until it was asked so often: a few steps of the loop are enough."""
    for _ in range(10):
        if len(rows.asked) == times:
            return
        await asyncio.sleep(0)
    raise AssertionError(rows.asked)


async def test_what_is_asked_for_at_the_same_time_is_read_at_once(rows: Rows, loader: Loader[str]) -> None:
    rows.may_go_on.set()
    found = await asyncio.gather(
        loader.load("a"), loader.load_many(["b", "a", "none"]), loader.load("c"), loader.load("a")
    )
    assert [*found] == ["row a", ["row b", "row a", None], "row c", "row a"]
    assert rows.asked == [["a", "b", "none", "c"]]


async def test_no_row_is_read_twice_whether_it_is_there_or_not(rows: Rows, loader: Loader[str]) -> None:
    rows.may_go_on.set()
    loader.prime({"d": "row d"})
    for _ in range(2):
        assert await loader.load_many(["a", "none", "d"]) == ["row a", None, "row d"]
    assert rows.asked == [["a", "none"]]


async def test_what_is_asked_for_while_others_are_read_is_another_batch(
    rows: Rows, loader: Loader[str]
) -> None:
    first = asyncio.ensure_future(loader.load("a"))
    await asked(rows, 1)
    second = asyncio.ensure_future(loader.load_many(["a", "b"]))
    await asked(rows, 2)
    rows.may_go_on.set()
    assert (await first, await second) == ("row a", ["row a", "row b"])
    assert rows.asked == [["a"], ["b"]]


@pytest.mark.parametrize("is_failing", [False, True])
@pytest.mark.parametrize("ends_first", ["a", "b"])
async def test_whichever_of_two_batches_ends_first(ends_first: str, *, is_failing: bool) -> None:
    gates = {"a": asyncio.Event(), "b": asyncio.Event()}
    begun: list[str] = []

    async def read(ids: Sequence[str]) -> Mapping[str, str]:
        (id,) = ids
        begun.append(id)
        await gates[id].wait()
        if is_failing and id == ends_first:
            raise LookupError(id)
        return {id: f"row {id}"}

    loader = Loader(read)
    first = asyncio.ensure_future(loader.load("a"))
    while not begun:  # noqa: ASYNC110 (one step of the loop)
        await asyncio.sleep(0)
    both = asyncio.ensure_future(loader.load_many(["a", "b"]))
    while len(begun) < 2:  # noqa: ASYNC110
        await asyncio.sleep(0)
    gates[ends_first].set()
    for _ in range(5):
        await asyncio.sleep(0)
    gates["a"].set()
    gates["b"].set()
    told = await asyncio.gather(first, both, return_exceptions=True)
    if is_failing:
        assert isinstance(told[1], LookupError)
    else:
        assert [*told] == ["row a", ["row a", "row b"]]


async def test_who_is_cancelled_leaves_the_rows_to_the_others(rows: Rows, loader: Loader[str]) -> None:
    given_up = asyncio.ensure_future(loader.load("a"))
    waiting = asyncio.ensure_future(loader.load("a"))
    await asked(rows, 1)
    given_up.cancel()
    rows.may_go_on.set()
    assert await waiting == "row a"
    assert given_up.cancelled()
    assert rows.asked == [["a"]]


async def test_all_who_wait_are_told_of_a_failure_and_later_it_is_read_again(
    rows: Rows, loader: Loader[str]
) -> None:
    rows.failure = LookupError("no such table")
    rows.may_go_on.set()
    told = await asyncio.gather(loader.load("a"), loader.load_many(["a", "b"]), return_exceptions=True)
    assert [*told] == [rows.failure, rows.failure]
    rows.failure = None
    assert await loader.load("a") == "row a"
    assert rows.asked == [["a", "b"], ["a"]]


async def test_what_will_be_loaded_is_read_with_the_rest(rows: Rows, loader: Loader[str]) -> None:
    rows.may_go_on.set()
    loader.ask("a")
    assert await loader.load("b") == "row b"
    assert await loader.load("a") == "row a"
    assert rows.asked == [["a", "b"]]


async def test_a_failure_that_nobody_waits_for_does_no_harm(rows: Rows, loader: Loader[str]) -> None:
    rows.failure = LookupError("no such table")
    rows.may_go_on.set()
    loader.ask("a")
    await asked(rows, 1)
    rows.failure = None
    assert await loader.load("b") == "row b"
