"""Sends the webhooks: claims deliveries by lease, and records what each endpoint said.

It may be killed anywhere: a lease that ends is claimed by another, and the message is sent again under the
same id. An endpoint that is slow is busy with a few of its messages; the others' go on.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from invoicing.storage import outbox
from invoicing.storage.database import Database
from invoicing.webhooks import deliveries as domain
from invoicing.webhooks.deliveries import Answer, Due
from invoicing.webhooks.events import DELIVER
from resolvers.webhook_hosts import Hosts
from server.workers.wakeup import Wakeup
from server.workers.webhook_sender import TIMEOUT, Sender

POLL = 1.0  # seconds
ROOM = 32  # messages on their way at once
ROOM_OF_ONE = 4  # to one endpoint
LEASE = timedelta(seconds=4 * TIMEOUT)
GRACE = 2.0  # seconds that messages may take to arrive when the server stops

log = structlog.get_logger()


class Deliveries:
    """Safe beside others on the same database: a message is sent under a lease."""

    def __init__(self, database: Database, hosts: Hosts, *, timeout: float = TIMEOUT) -> None:
        self._database = database
        self._sender = Sender(hosts, timeout=timeout)
        self._wakeup = Wakeup(database, DELIVER, everywhere=False)
        self._sent: dict[asyncio.Task[None], Due] = {}

    async def run(self) -> None:
        """Sends until it is cancelled."""
        async with self._wakeup.listening():
            try:
                while True:
                    self._wakeup.clear()
                    if not await self._begin():
                        await self._wakeup.wait(POLL)
            finally:
                await self._leave()

    async def drain(self) -> None:
        """Sends what is due by now, once."""
        while await self._begin() or self._sent:
            if self._sent:
                await asyncio.wait(self._sent, return_when=asyncio.FIRST_COMPLETED)
        await self._sender.close()

    async def _begin(self) -> bool:
        """Begins to send what is due, as far as there is room; says whether more may be due."""
        to_each = Counter(due.endpoint_id for due in self._sent.values())
        busy = [endpoint for endpoint, count in to_each.items() if count >= ROOM_OF_ONE]
        most = self._most(count for count in to_each.values() if count < ROOM_OF_ONE)
        if most == 0:
            return False
        try:
            due = await self._database.write_async(
                domain.claim, busy=busy, most=most, now=_now(), lease=LEASE
            )
        except SQLAlchemyError:
            log.exception("no webhook can be claimed")
            return False
        for each in due:
            task = asyncio.create_task(self._send(each))
            self._sent[task] = each
            task.add_done_callback(self._ended)
        return len(due) == most

    def _most(self, counts: Iterable[int]) -> int:
        """All that is claimed may be for one endpoint, and still there has to be room for it."""
        return min(ROOM - len(self._sent), ROOM_OF_ONE - max(counts, default=0))

    async def _send(self, due: Due) -> None:
        if due.secrets:
            answer = await self._sender.send(due, now=_now())
        else:
            answer = Answer(error="The endpoint is not active.", is_final=True)
        status = await self._database.write_async(
            domain.record,
            due,
            answer,
            jitter=random.random(),  # noqa: S311 (it spreads the load)
            now=_now(),
        )
        tell = log.info if status == "DELIVERED" else log.warning
        tell("a webhook was sent", delivery_id=due.job.subject_id, status=status, reason=answer.error)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._sent[task]
        self._wakeup.wake()  # somebody may wait for the room
        if not task.cancelled() and (error := task.exception()):
            log.error("a webhook is left to another attempt", exc_info=error)

    async def _leave(self) -> None:
        """What is not answered by then is given back, and sent again."""
        if self._sent:
            await asyncio.wait(self._sent, timeout=GRACE)
        left, tasks = [due.job for due in self._sent.values()], list(self._sent)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        try:
            await self._database.write_async(outbox.release, left, now=_now())
        except SQLAlchemyError:
            log.exception("leases are not given back; they end by themselves")
        await self._sender.close()


@asynccontextmanager
async def delivering(database: Database, hosts: Hosts) -> AsyncIterator[None]:
    """Sends meanwhile."""
    task = asyncio.create_task(Deliveries(database, hosts).run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


def _now() -> datetime:
    return datetime.now(UTC)
