"""Word of what changed, to whoever watches: in this process at once, on PostgreSQL by NOTIFY in the others.

A word may be lost; those who watch look again by themselves every few seconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Iterator
from contextlib import asynccontextmanager

import psycopg
from psycopg import AsyncConnection

from invoicing.storage import after_commit
from invoicing.storage.database import Database
from invoicing.storage.tables import new_id
from resolvers.watches import Watches
from server.workers.pg_notify import talking
from server.workers.wakeup import COALESCED, on_loop

CHANNEL = "invoicing_invoices"
LONGEST = 7_900  # bytes; PostgreSQL takes 8,000


@asynccontextmanager
async def telling(database: Database, watches: Watches) -> AsyncIterator[None]:
    """Tells the watches of this process, and on PostgreSQL those of all others."""
    teller = _Teller(watches, everywhere=not database.is_sqlite)
    database.listeners.append(teller.committed)
    talks = [] if database.is_sqlite else [teller.tell, teller.hear]
    try:
        async with talking(database, talks, without="changes of other servers are seen late"):
            yield
    finally:
        database.listeners.remove(teller.committed)


class _Teller:
    def __init__(self, watches: Watches, *, everywhere: bool) -> None:
        self._watches = watches
        self._everywhere = everywhere
        self._loop = asyncio.get_running_loop()
        self._name = new_id()
        self._untold: set[str] = set()
        self._something = asyncio.Event()

    def committed(self, told: Collection[str]) -> None:
        """From the thread that has committed. Where nobody could want to know, the loop is left alone."""
        changed = [topic for topic in told if after_commit.is_of_invoice(topic)]
        if changed and (self._everywhere or self._watches.any_of(changed)):
            on_loop(self._loop, lambda: self._spread(changed))

    def _spread(self, changed: Collection[str]) -> None:
        self._watches.tell(changed)
        if self._everywhere:
            self._untold.update(changed)
            self._something.set()

    async def tell(self, connection: AsyncConnection) -> None:
        """Apart from the transactions: a NOTIFY in them would make their commits queue up."""
        while True:
            await self._something.wait()
            self._something.clear()
            untold, self._untold = self._untold, set()
            try:
                for word in words(self._name, sorted(untold)):
                    await connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, word))
            except psycopg.Error:  # over the next connection, then
                self._untold |= untold
                self._something.set()
                raise
            await asyncio.sleep(COALESCED)

    async def hear(self, connection: AsyncConnection) -> None:
        await connection.execute(f"LISTEN {CHANNEL}")
        self._watches.tell_all()  # what was told while nobody listened
        async for notification in connection.notifies():
            name, *changed = notification.payload.split("\n")
            if name != self._name:
                self._watches.tell(changed)


def words(name: str, topics: Iterable[str]) -> Iterator[str]:
    """As many topics at once as a notification holds, under the name of who tells them."""
    word = name
    for topic in topics:
        if len(f"{word}\n{topic}".encode()) > LONGEST:
            yield word
            word = name
        word += f"\n{topic}"
    if word != name:
        yield word
