"""Connections to PostgreSQL beside the transactions, for NOTIFY and LISTEN."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import structlog

from invoicing.storage.database import Database
from server.outages import one_line
from server.workers.backoff import Backoff

if TYPE_CHECKING:
    from psycopg import AsyncConnection

RECONNECT = 1.0  # seconds

Use = Callable[["AsyncConnection"], Awaitable[None]]

log = structlog.get_logger()


@asynccontextmanager
async def staying_connected(database: Database, uses: Sequence[Use], *, warning: str) -> AsyncIterator[None]:
    """Runs each use over a connection of its own, and connects again when it is lost, with this warning."""
    url = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    tasks = [asyncio.create_task(_stay_connected(url, use, warning)) for use in uses]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _stay_connected(url: str, use: Use, warning: str) -> None:
    from psycopg import AsyncConnection, Error  # not above: on SQLite it is not loaded

    backoff = Backoff(RECONNECT)
    while True:
        try:
            async with await AsyncConnection.connect(url, autocommit=True) as connection:
                backoff.succeeded()
                await use(connection)
        except Error as lost:
            if not backoff.has_failed:
                log.warning(warning, reason=one_line(lost))
            backoff.failed()
            await asyncio.sleep(backoff.seconds)
