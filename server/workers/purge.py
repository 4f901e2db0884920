"""Purges what is old in small steps, with pauses between them. Several may do so on the same database.

Jobs that a clock which was ahead has left in the future are brought back by the way.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError

from invoicing.errors import DatabaseUnavailable
from invoicing.retention import purge
from invoicing.retention.purge import ROWS, Retention
from invoicing.storage import outbox
from invoicing.storage.database import Database
from server.metrics import Metrics

BEGIN = 5.0  # seconds after the start, which has more to do
PAUSE = 0.5  # seconds between two steps
INTERVAL = 600.0  # seconds until it looks again when nothing is old

log = structlog.get_logger()


class Purger:
    def __init__(self, database: Database, retention: Retention, metrics: Metrics) -> None:
        self._database = database
        self._retention = retention
        self._metrics = metrics

    async def run(self) -> None:
        """Purges until it is cancelled."""
        pause = BEGIN
        while True:
            await asyncio.sleep(pause)
            pause = PAUSE if await self._goes_on() else INTERVAL

    async def step(self) -> bool:
        """One transaction. Returns whether more may be old."""
        purged = await self._database.write_async(purge.purge, self._retention, now=datetime.now(UTC))
        self._metrics.count_purged(purged)
        await self._bring_back()
        return any(count == ROWS for count in purged.values())

    async def _bring_back(self) -> None:
        brought = await self._database.write_async(outbox.bring_back, most=ROWS, now=datetime.now(UTC))
        self._metrics.count_brought_back(brought)
        if brought:
            log.warning(
                "jobs were left in the future by a clock that was ahead: they are due now", jobs=brought
            )

    async def _goes_on(self) -> bool:
        try:
            return await self.step()
        except DatabaseUnavailable:  # `log_outages` says so
            return False
        except SQLAlchemyError:
            log.exception("nothing can be purged")
            return False


@asynccontextmanager
async def purging(database: Database, retention: Retention, metrics: Metrics) -> AsyncIterator[None]:
    """Purges in the background."""
    task = asyncio.create_task(Purger(database, retention, metrics).run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
