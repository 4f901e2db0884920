"""Waking workers at once: in this process by an event, on PostgreSQL in other processes by NOTIFY.

Polling is the safety net: a word that is lost costs a second.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, suppress

from psycopg import AsyncConnection

from invoicing.storage.database import Database
from invoicing.storage.tables import new_id
from server.workers.pg_notify import talking

CHANNEL = "invoicing_outbox"
COALESCED = 0.01  # seconds: many commits, one NOTIFY


class Wakeup:
    """Wakes workers of one kind of job; unless `everywhere`, only when this process has committed."""

    def __init__(self, database: Database, kind: str, *, everywhere: bool = True) -> None:
        self._database = database
        self._kind = kind
        self._everywhere = everywhere and not database.is_sqlite
        self._awake = asyncio.Event()
        self._untold = asyncio.Event()
        self._name = new_id()

    def wake(self) -> None:
        self._awake.set()

    def clear(self) -> None:
        self._awake.clear()

    async def wait(self, seconds: float) -> None:
        """Returns when there may be work, and after `seconds` anyway."""
        with suppress(
            TimeoutError
        ):  # not by wait_for: Python 3.11's loses a cancellation that comes with the wake
            async with asyncio.timeout(seconds):
                await self._awake.wait()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Hears of commits here and elsewhere, and tells the others of those here."""
        loop = asyncio.get_running_loop()

        def committed(kinds: Collection[str]) -> None:
            if self._kind in kinds:
                on_loop(loop, self._committed)

        self._database.listeners.append(committed)
        talks = [self._tell, self._hear] if self._everywhere else []
        try:
            async with talking(self._database, talks, without="workers are woken by polling alone"):
                yield
        finally:
            self._database.listeners.remove(committed)

    def _committed(self) -> None:
        self._awake.set()
        self._untold.set()

    async def _tell(self, connection: AsyncConnection) -> None:
        """Apart from the transactions that issue: a NOTIFY in them would make their commits queue up."""
        while True:
            await self._untold.wait()
            self._untold.clear()
            await connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, self._name))
            await asyncio.sleep(COALESCED)

    async def _hear(self, connection: AsyncConnection) -> None:
        await connection.execute(f"LISTEN {CHANNEL}")
        async for notification in connection.notifies():
            if notification.payload != self._name:
                self._awake.set()


def on_loop(loop: asyncio.AbstractEventLoop, done: Callable[[], None]) -> None:
    """From the thread that has committed."""
    with suppress(RuntimeError):  # the loop has ended, and the worker with it; the commit stands
        loop.call_soon_threadsafe(done)
