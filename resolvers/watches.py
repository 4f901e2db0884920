"""Who waits, in this process, to be notified that an invoice has changed."""

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
    """One who waits. A notification that comes while nobody waits is kept; several count as one."""

    def __init__(self) -> None:
        self._notified = asyncio.Event()

    def notify(self) -> None:
        self._notified.set()

    async def wait(self, seconds: float) -> bool:
        """Returns at a notification, or after `seconds`: True if there was a notification."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._notified.wait()
        was_notified = self._notified.is_set()
        self._notified.clear()
        return was_notified


class Watches:
    """All watches, by topic. For the event loop's thread only, but for `is_watching`, which any may ask."""

    def __init__(self, most: int = MOST) -> None:
        """One API key, or one customer, may hold `most` watches at once."""
        self._most = most
        self._held: Counter[tuple[str, Actor]] = Counter()
        self._watches: dict[str, set[Watch]] = {}
        self._reads: dict[str, dict[object, asyncio.Future[Any]]] = {}
        self.ending = asyncio.Event()
        """Is set when the server ends: nobody has to wait any longer."""

    @contextmanager
    def watch(self, topic: str, principal: Principal) -> Iterator[Watch]:
        """Raises TooManyWatches."""
        watch, holder = Watch(), (principal.account_id, principal.actor)
        if self._held[holder] >= self._most:
            raise TooManyWatches(
                f"{self._most:,} invoices are followed at once at most: end some, or let webhooks tell you."
            )
        self._held[holder] += 1
        self._watches.setdefault(topic, set()).add(watch)
        try:
            yield watch
        finally:
            self._held[holder] -= 1
            if not self._held[holder]:
                del self._held[holder]
            others = self._watches[topic]
            others.remove(watch)
            if not others:
                del self._watches[topic]

    def notify(self, topics: Iterable[str]) -> None:
        for topic in topics:
            self._reads.pop(topic, None)  # what is being read was there before the change
            for watch in self._watches.get(topic, ()):
                watch.notify()

    def notify_all(self) -> None:
        self.notify([*self._watches])

    def end(self) -> None:
        self.ending.set()
        self.notify_all()

    def is_watching(self, topics: Iterable[str]) -> bool:
        """Whether anybody watches one of the topics."""
        return any(topic in self._watches for topic in topics)

    async def read_once(self, topic: str, view: object, read: Callable[[], Awaitable[T]]) -> T:
        """Reads once for all who have the same view and were notified of the same change."""
        reads = self._reads.setdefault(topic, {})
        if view not in reads:
            reads[view] = asyncio.ensure_future(read())
            reads[view].add_done_callback(lambda done: self._forget_read(done, topic, reads, view))
        result: T = await asyncio.shield(reads[view])
        return result

    def _forget_read(
        self,
        done: asyncio.Future[Any],
        topic: str,
        reads: dict[object, asyncio.Future[Any]],
        view: object,
    ) -> None:
        if not done.cancelled():
            done.exception()  # whoever waits for the read gets it; asyncio need not log it if nobody does
        reads.pop(view)
        if not reads and self._reads.get(topic) is reads:
            del self._reads[topic]

    def __len__(self) -> int:
        return sum(map(len, self._watches.values()))
