"""Notifies those who watch an invoice that it changed: here at once, in other processes by NOTIFY.

A notification may be lost: those who watch also look by themselves every few seconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Iterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from invoicing.storage import after_commit
from invoicing.storage.database import Database
from invoicing.storage.tables import new_id
from resolvers.watches import Watches
from server.workers.pg_notify import staying_connected
from server.workers.wakeup import MIN_INTERVAL, call_on_loop

if TYPE_CHECKING:
    from psycopg import AsyncConnection

CHANNEL = "invoicing_invoices"
LONGEST = 7_900  # bytes of a notification; PostgreSQL allows 8,000


@asynccontextmanager
async def notifying_watches(database: Database, watches: Watches) -> AsyncIterator[None]:
    """Notifies the watches of this process, and on PostgreSQL those of all others."""
    notifier = _Notifier(watches, has_others=not database.is_sqlite)
    database.listeners.append(notifier.committed)
    uses = [] if database.is_sqlite else [notifier.notify_others, notifier.listen]
    try:
        async with staying_connected(database, uses, warning="changes of other servers are seen late"):
            yield
    finally:
        database.listeners.remove(notifier.committed)


class _Notifier:
    def __init__(self, watches: Watches, *, has_others: bool) -> None:
        self._watches = watches
        self._has_others = has_others
        self._loop = asyncio.get_running_loop()
        self._name = new_id()
        self._unsent: set[str] = set()
        self._has_unsent = asyncio.Event()

    def committed(self, topics: Collection[str]) -> None:
        """Is called by the thread that committed. It leaves the loop alone if nobody could be watching."""
        changed = [topic for topic in topics if after_commit.is_invoice_topic(topic)]
        if changed and (self._has_others or self._watches.is_watching(changed)):
            call_on_loop(self._loop, lambda: self._notify(changed))

    def _notify(self, changed: Collection[str]) -> None:
        self._watches.notify(changed)
        if self._has_others:
            self._unsent.update(changed)
            self._has_unsent.set()

    async def notify_others(self, connection: AsyncConnection) -> None:
        """Not in the transactions themselves: commits with a NOTIFY in them wait for each other."""
        while True:
            await self._has_unsent.wait()
            self._has_unsent.clear()
            unsent, self._unsent = self._unsent, set()
            try:
                for payload in payloads(self._name, sorted(unsent)):
                    await connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, payload))
            except Exception:  # they are sent over the next connection
                self._unsent |= unsent
                self._has_unsent.set()
                raise
            await asyncio.sleep(MIN_INTERVAL)

    async def listen(self, connection: AsyncConnection) -> None:
        await connection.execute(f"LISTEN {CHANNEL}")
        self._watches.notify_all()  # there may have been changes while nobody listened
        async for notification in connection.notifies():
            name, *changed = notification.payload.split("\n")
            if name != self._name:
                self._watches.notify(changed)


def payloads(name: str, topics: Iterable[str]) -> Iterator[str]:
    """The topics, as many in a notification as it can hold, each after the name of the sender."""
    payload = name
    for topic in topics:
        if len(f"{payload}\n{topic}".encode()) > LONGEST:
            yield payload
            payload = name
        payload += f"\n{topic}"
    if payload != name:
        yield payload
