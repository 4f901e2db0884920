"""Wakes workers as soon as there is work: in this process by an event, in others by PostgreSQL's NOTIFY.

A notification may be lost: workers also poll, so that costs a second at most.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from invoicing.storage.database import Database
from invoicing.storage.tables import new_id
from server.workers.pg_notify import staying_connected

if TYPE_CHECKING:
    from psycopg import AsyncConnection

CHANNEL = "invoicing_outbox"
MIN_INTERVAL = 0.01  # seconds between two notifications, so that many commits need only one


class Wakeup:
    """Wakes workers of one kind of job; unless `everywhere`, only for commits of this process."""

    def __init__(self, database: Database, kind: str, *, everywhere: bool = True) -> None:
        self._database = database
        self._kind = kind
        self._has_others = everywhere and not database.is_sqlite
        self._awake = asyncio.Event()
        self._has_unsent = asyncio.Event()
        self._name = new_id()

    def wake(self) -> None:
        self._awake.set()

    def clear(self) -> None:
        self._awake.clear()

    async def wait(self, seconds: float) -> None:
        """Returns when there may be work, or after `seconds`.

        Not by `asyncio.wait_for`: Python 3.11's loses a cancellation that comes at the same time.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._awake.wait()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Wakes at commits here and elsewhere, and notifies other processes of commits here."""
        loop = asyncio.get_running_loop()

        def committed(kinds: Collection[str]) -> None:
            if self._kind in kinds:
                call_on_loop(loop, self._committed)

        self._database.listeners.append(committed)
        uses = [self._notify_others, self._listen] if self._has_others else []
        try:
            async with staying_connected(self._database, uses, warning="workers are woken by polling alone"):
                yield
        finally:
            self._database.listeners.remove(committed)

    def _committed(self) -> None:
        self._awake.set()
        self._has_unsent.set()

    async def _notify_others(self, connection: AsyncConnection) -> None:
        """Not in the transactions themselves: commits with a NOTIFY in them wait for each other."""
        while True:
            await self._has_unsent.wait()
            self._has_unsent.clear()
            await connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, self._name))
            await asyncio.sleep(MIN_INTERVAL)

    async def _listen(self, connection: AsyncConnection) -> None:
        await connection.execute(f"LISTEN {CHANNEL}")
        async for notification in connection.notifies():
            if notification.payload != self._name:
                self._awake.set()


def call_on_loop(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
    """From another thread."""
    with suppress(RuntimeError):  # the loop has ended, and its workers with it; the commit is done
        loop.call_soon_threadsafe(call)
