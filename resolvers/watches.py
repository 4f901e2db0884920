"""Who waits, in this process, for something to be told of an invoice."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress


class Watch:
    """One who waits. What is told while nobody waits is remembered: once, however often it was told."""

    def __init__(self) -> None:
        self._told = asyncio.Event()

    def tell(self) -> None:
        self._told.set()

    async def wait(self, seconds: float) -> None:
        """Returns when something has been told, and after `seconds` anyway."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._told.wait()
        self._told.clear()


class Watches:
    """By topic. `of` and `tell` belong on the event loop; `any_of` may be asked from everywhere."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[Watch]] = {}

    @contextmanager
    def of(self, topic: str) -> Iterator[Watch]:
        watch = Watch()
        self._waiting.setdefault(topic, set()).add(watch)
        try:
            yield watch
        finally:
            others = self._waiting[topic]
            others.remove(watch)
            if not others:
                del self._waiting[topic]

    def tell(self, topics: Iterable[str]) -> None:
        for topic in topics:
            for watch in self._waiting.get(topic, ()):
                watch.tell()

    def any_of(self, topics: Iterable[str]) -> bool:
        return any(topic in self._waiting for topic in topics)

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))
