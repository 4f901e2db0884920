"""Who waits, in this process, for something to be told of an invoice."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from invoicing.access import Actor, Principal
from invoicing.errors import TooManyWatches

T = TypeVar("T")

MOST = 1_000


class Watch:
    """One who waits. What is told while nobody waits is remembered: once, however often it was told."""

    def __init__(self) -> None:
        self._told = asyncio.Event()

    def tell(self) -> None:
        self._told.set()

    async def wait(self, seconds: float) -> bool:
        """Returns when something has been told, and after `seconds` anyway; whether it was told."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._told.wait()
        was_told = self._told.is_set()
        self._told.clear()
        return was_told


class Watches:
    """By topic. `of` and `tell` belong on the event loop; `any_of` may be asked from everywhere."""

    def __init__(self, most: int = MOST) -> None:
        """One key, or one customer, may hold `most` of them."""
        self._most = most
        self._held: Counter[tuple[str, Actor]] = Counter()
        self._waiting: dict[str, set[Watch]] = {}
        self.ending = asyncio.Event()
        """Set when the server ends: nobody has to wait any longer."""
        self._looks: dict[str, dict[object, asyncio.Future[Any]]] = {}

    @contextmanager
    def of(self, topic: str, principal: Principal) -> Iterator[Watch]:
        """Raises TooManyWatches."""
        watch, holder = Watch(), (principal.account_id, principal.actor)
        if self._held[holder] >= self._most:
            raise TooManyWatches(
                f"{self._most:,} invoices are followed at once at most: end some, or let webhooks tell you."
            )
        self._held[holder] += 1
        self._waiting.setdefault(topic, set()).add(watch)
        try:
            yield watch
        finally:
            self._held[holder] -= 1
            if not self._held[holder]:
                del self._held[holder]
            others = self._waiting[topic]
            others.remove(watch)
            if not others:
                del self._waiting[topic]

    def tell(self, topics: Iterable[str]) -> None:
        for topic in topics:
            self._looks.pop(topic, None)  # those see what was before
            for watch in self._waiting.get(topic, ()):
                watch.tell()

    def tell_all(self) -> None:
        self.tell([*self._waiting])

    def end(self) -> None:
        self.ending.set()
        self.tell_all()

    def any_of(self, topics: Iterable[str]) -> bool:
        return any(topic in self._waiting for topic in topics)

    async def look(self, topic: str, view: object, look: Callable[[], Awaitable[T]]) -> T:
        """What many want to see once they were told of it is looked up once for each view."""
        looks = self._looks.setdefault(topic, {})
        if view not in looks:
            looks[view] = asyncio.ensure_future(look())
            looks[view].add_done_callback(lambda done: self._looked(done, topic, looks, view))
        seen: T = await asyncio.shield(looks[view])
        return seen

    def _looked(
        self,
        done: asyncio.Future[Any],
        topic: str,
        looks: dict[object, asyncio.Future[Any]],
        view: object,
    ) -> None:
        if not done.cancelled():
            done.exception()  # theirs who wait for it, should any be left
        looks.pop(view)
        if not looks and self._looks.get(topic) is looks:
            del self._looks[topic]

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))
