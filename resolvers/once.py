"""What is made once for several who wait for it, and what was read at one moment for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

T = TypeVar("T")
Made = TypeVar("Made")


class Once(Generic[T]):
    """Whoever is cancelled while they wait leaves it to the others. What it raises, each of them gets."""

    __slots__ = ("_making", "_waiting")

    def __init__(self, make: Coroutine[Any, Any, T]) -> None:
        self._waiting: list[asyncio.Future[None]] = []
        self._making = asyncio.get_running_loop().create_task(make)
        self._making.add_done_callback(self._tell)

    async def wait(self) -> T:
        if not self._making.done():
            made = asyncio.get_running_loop().create_future()
            self._waiting.append(made)
            await made
        return self._making.result()

    def _tell(self, making: asyncio.Task[T]) -> None:
        if not making.cancelled():
            making.exception()  # whoever waits gets it; asyncio need not log it if nobody does
        for each in self._waiting:
            if not each.done():  # it is when whoever waited was cancelled
                each.set_result(None)
        self._waiting.clear()


class Moment(Generic[T]):
    """What was read at one moment, and what was made of it since."""

    __slots__ = ("_made", "value")

    def __init__(self, value: T) -> None:
        self.value = value
        self._made: dict[Hashable, Once[Any]] = {}

    async def made_once(self, key: Hashable, make: Callable[[], Coroutine[Any, Any, Made]]) -> Made:
        """What `make` makes of it for the first who asks with this key, for all who do."""
        once: Once[Made] | None = self._made.get(key)
        if once is None:
            once = self._made[key] = Once(make())
        return await once.wait()
