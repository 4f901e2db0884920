"""Who waits, in this process, to be notified that an invoice has changed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from invoicing.access import Actor, Principal
from invoicing.errors import TooManyWatches
from resolvers.once import Moment, Once

T = TypeVar("T")

MOST = 1_000
POLL_SECONDS = 5.0  # for notifications that are lost, or were made by a process that cannot send any


@dataclass(slots=True)
class _Topic:
    """Who watches it, and what was read since they were last notified, by the view of those who did."""

    watches: dict[Watch, None] = field(default_factory=dict)
    """In the order in which they came."""
    reads: dict[object, Once[Moment[Any]]] = field(default_factory=dict)
    poll: asyncio.TimerHandle | None = None

    def notify(self) -> None:
        self.reads = {}  # what was read, or is being read, was there before the change
        for watch in self.watches:
            watch.notify()

    def keep_looking(self) -> None:
        """Has all look again every few seconds: together, so that they read once."""
        if self.poll is not None:
            self.notify()
        self.poll = asyncio.get_running_loop().call_later(POLL_SECONDS, self.keep_looking)


class Watch:
    """One who waits. A notification that comes while nobody waits is kept; several count as one."""

    __slots__ = ("_topic", "_waiting", "_was_notified")

    def __init__(self, topic: _Topic) -> None:
        self._topic = topic
        self._was_notified = False
        self._waiting: asyncio.Future[None] | None = None

    def notify(self) -> None:
        self._was_notified = True
        self._wake()

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    async def wait(self, seconds: float | None = None) -> bool:
        """Returns at a notification, or after `seconds`: True if there was a notification."""
        if not self._was_notified:
            loop = asyncio.get_running_loop()
            self._waiting = loop.create_future()
            timer = None if seconds is None else loop.call_later(seconds, self._wake)
            try:
                await self._waiting
            finally:
                if timer is not None:
                    timer.cancel()
        was_notified, self._was_notified = self._was_notified, False
        return was_notified

    async def read_once(self, view: object, read: Callable[[], Awaitable[T]]) -> Moment[T]:
        """Reads once for all who have the same view and were notified of the same change.

        Whoever comes late gets the same: if there was another change since, they are notified again.
        """
        reads = self._topic.reads
        once: Once[Moment[T]] | None = reads.get(view)
        if once is None:

            async def moment() -> Moment[T]:
                try:
                    return Moment(await read())
                except BaseException:
                    del reads[view]
                    raise

            once = reads[view] = Once(moment())
        return await once.wait()


class Watches:
    """All watches, by topic. For the event loop's thread only, but for `is_watching`, which any may ask."""

    def __init__(self, most: int = MOST) -> None:
        """One API key, or one customer, may hold `most` watches at once."""
        self._most = most
        self._held: Counter[tuple[str, Actor]] = Counter()
        self._topics: dict[str, _Topic] = {}
        self.ending = asyncio.Event()
        """Is set when the server ends: nobody has to wait any longer."""

    @contextmanager
    def watch(self, topic: str, principal: Principal) -> Iterator[Watch]:
        """Raises TooManyWatches."""
        holder = (principal.account_id, principal.actor)
        if self._held[holder] >= self._most:
            raise TooManyWatches(
                f"{self._most:,} invoices are followed at once at most: end some, or let webhooks tell you."
            )
        self._held[holder] += 1
        watch = self._added(topic)
        try:
            yield watch
        finally:
            self._held[holder] -= 1
            if not self._held[holder]:
                del self._held[holder]
            self._remove(topic, watch)

    def _added(self, name: str) -> Watch:
        topic = self._topics.get(name)
        if topic is None:
            topic = self._topics[name] = _Topic()
            topic.keep_looking()
        watch = Watch(topic)
        topic.watches[watch] = None
        return watch

    def _remove(self, name: str, watch: Watch) -> None:
        topic = self._topics[name]
        del topic.watches[watch]
        if not topic.watches:
            del self._topics[name]
            if topic.poll is not None:
                topic.poll.cancel()

    def notify(self, topics: Iterable[str]) -> None:
        for name in topics:
            if topic := self._topics.get(name):
                topic.notify()

    def notify_all(self) -> None:
        self.notify([*self._topics])

    def end(self) -> None:
        self.ending.set()
        self.notify_all()

    def is_watching(self, topics: Iterable[str]) -> bool:
        """Whether anybody watches one of the topics."""
        return any(topic in self._topics for topic in topics)

    def __len__(self) -> int:
        return sum(len(topic.watches) for topic in self._topics.values())
