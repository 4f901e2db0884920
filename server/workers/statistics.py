"""Has PostgreSQL look again at tables that have outgrown its statistics. SQLite needs none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from sqlalchemy.exc import SQLAlchemyError

from invoicing.errors import DatabaseUnavailable, QueryTimeout
from invoicing.storage.database import Database

INTERVAL = 3.0  # seconds, in which a young table grows by some hundreds of rows

log = structlog.get_logger()


async def _collect(database: Database) -> None:
    from invoicing.storage import postgresql_statistics

    while True:
        await asyncio.sleep(INTERVAL)
        try:
            await database.list_for(None, postgresql_statistics.collect)
        except (DatabaseUnavailable, QueryTimeout):  # the next look may have more luck
            continue
        except SQLAlchemyError:
            log.exception("no statistics can be collected")


@asynccontextmanager
async def collecting_statistics(database: Database) -> AsyncIterator[None]:
    """Collects them in the background."""
    if database.is_sqlite:
        yield
        return
    task = asyncio.create_task(_collect(database))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
