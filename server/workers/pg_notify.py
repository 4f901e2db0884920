"""A talk with PostgreSQL beside the transactions, to hear and to tell what is new."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import psycopg
import structlog
from psycopg import AsyncConnection

from invoicing.storage.database import Database

RECONNECT = 1.0  # seconds

Talk = Callable[[AsyncConnection], Awaitable[None]]

log = structlog.get_logger()


@asynccontextmanager
async def talking(database: Database, talks: Sequence[Talk], *, without: str) -> AsyncIterator[None]:
    """Keeps the talks going, each over a connection of its own. `without` is what it means to lose one."""
    url = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    tasks = [asyncio.create_task(_kept_going(url, talk, without)) for talk in talks]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _kept_going(url: str, talk: Talk, without: str) -> None:
    while True:
        try:
            async with await AsyncConnection.connect(url, autocommit=True) as connection:
                await talk(connection)
        except psycopg.Error as lost:
            log.warning(without, reason=str(lost).strip())
            await asyncio.sleep(RECONNECT)
