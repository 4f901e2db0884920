"""Servers on one PostgreSQL tell each other, some times a second, what was taken of their rate limits.

A request waits for nobody. For that, as much more than the limit gets through as comes to the other servers
before they are told. A notification may be lost: then it is a little more.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import orjson

from invoicing.storage.database import Database
from invoicing.storage.tables import new_id
from server.rate_limits.limits import RateLimits, Taken
from server.workers.pg_notify import staying_connected
from server.workers.subscribers import payloads

if TYPE_CHECKING:
    from psycopg import AsyncConnection

CHANNEL = "invoicing_rate_limits"
INTERVAL = 0.25  # seconds


@asynccontextmanager
async def sharing_limits(database: Database, limits: RateLimits) -> AsyncIterator[None]:
    """On SQLite there is one server, and nothing to share."""
    sharing = _Sharing(limits)
    uses = [] if database.is_sqlite else [sharing.tell_others, sharing.listen]
    async with staying_connected(database, uses, warning="servers do not share their rate limits now"):
        yield


class _Sharing:
    def __init__(self, limits: RateLimits) -> None:
        self._limits = limits
        self._name = new_id()

    async def tell_others(self, connection: AsyncConnection) -> None:
        while True:
            untold = self._limits.untold()
            for payload in payloads(self._name, map(_entry, untold, untold.values())):
                await connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, payload))
            await asyncio.sleep(INTERVAL)

    async def listen(self, connection: AsyncConnection) -> None:
        await connection.execute(f"LISTEN {CHANNEL}")
        async for notification in connection.notifies():
            name, *entries = notification.payload.split("\n")
            if name != self._name:
                for entry in entries:
                    self._limits.take_elsewhere(*_read(entry))


def _entry(taken: Taken, number: int) -> str:
    return orjson.dumps([*taken, number]).decode()


def _read(entry: str) -> tuple[Taken, int]:
    limited, name, number = orjson.loads(entry)
    return (limited, tuple(name) if isinstance(name, list) else name), number
