"""Sends the webhooks: claims deliveries by lease, and records what each endpoint answered.

The process may be killed at any point: when the lease ends, another claims the delivery and sends the message
again with the same id. A slow endpoint holds up only its own messages, and slow endpoints of one account only
that account's.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import SQLAlchemyError

from invoicing.errors import DatabaseUnavailable
from invoicing.keyring import Keyring
from invoicing.storage import outbox
from invoicing.storage.database import Database
from invoicing.webhooks import deliveries
from invoicing.webhooks.deliveries import DeliveryResult, DueDelivery
from invoicing.webhooks.events import DELIVER
from invoicing.webhooks.secrets import readable_secrets
from resolvers.webhook_hosts import Hosts
from server.outages import log_left, one_line
from server.workers.backoff import Backoff
from server.workers.wakeup import Wakeup

if TYPE_CHECKING:
    from server.workers.webhook_sender import Sender

POLL = 1.0  # seconds
TIMEOUT = 15.0  # seconds for a whole delivery
MOST_AT_ONCE = 128  # messages on their way
MOST_OF_ACCOUNT = 16  # of them of the same account
MOST_TO_ONE = 4  # of them to the same endpoint
LEASE = timedelta(seconds=4 * TIMEOUT)
GRACE = 2.0  # seconds for messages on their way when the server stops
_UNREADABLE = (
    "The endpoint's secret cannot be read: it was stored under another INVOICING_SECRET_KEY. Set that again, "
    "or make a new one with rotateWebhookSecret."
)

log = structlog.get_logger()


class WebhookWorker:
    """Sends webhooks. Several may work on the same database: each delivery is claimed by a lease."""

    def __init__(
        self, database: Database, hosts: Hosts, keyring: Keyring, *, timeout: float = TIMEOUT
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._hosts = hosts
        self._timeout = timeout
        self._sender: Sender | None = None  # until there is a message
        self._making_sender = asyncio.Lock()
        self._wakeup = Wakeup(database, DELIVER, everywhere=False)
        self._sending: dict[asyncio.Task[None], DueDelivery] = {}
        self._backoff = Backoff(POLL)

    async def run(self) -> None:
        """Sends until it is cancelled."""
        async with self._wakeup.listening():
            try:
                while True:
                    self._wakeup.clear()
                    if not await self._begin():
                        await self._wakeup.wait(self._backoff.seconds)
            finally:
                await self._leave()

    async def drain(self) -> None:
        """Sends what is due by now, once."""
        while await self._begin() or self._sending:
            if self._sending:
                await asyncio.wait(self._sending, return_when=asyncio.FIRST_COMPLETED)
        await self._close_sender()

    async def _begin(self) -> bool:
        """Begins to send what is due, as far as the limits allow. Returns whether more may be due."""
        to_each = Counter(due.endpoint_id for due in self._sending.values())
        of_each = Counter(due.job.account_id for due in self._sending.values())
        most = MOST_AT_ONCE - len(self._sending)
        if most == 0:
            return False
        try:
            due = await self._database.write_async(
                deliveries.claim_deliveries,
                most=most,
                of_account=MOST_OF_ACCOUNT - max(_below(MOST_OF_ACCOUNT, of_each), default=0),
                busy=_full(MOST_TO_ONE, to_each),
                busy_accounts=_full(MOST_OF_ACCOUNT, of_each),
                now=_now(),
                lease=LEASE,
            )
        except DatabaseUnavailable:  # `log_outages` says so
            self._backoff.failed()
            return False
        except SQLAlchemyError:
            log.exception("no webhook can be claimed")
            return False
        self._backoff.succeeded()
        for each in due:
            task = asyncio.create_task(self._send(each))
            self._sending[task] = each
            task.add_done_callback(self._ended)
        return bool(due)

    async def _send(self, due: DueDelivery) -> None:
        answer = await self._answer_to(due)
        status = await self._database.write_async(
            deliveries.record_result,
            due,
            answer,
            jitter=random.random(),  # noqa: S311 (it only spreads the load)
            now=_now(),
        )
        write = log.info if status == "DELIVERED" else log.warning
        write("a webhook was sent", delivery_id=due.job.subject_id, status=status, reason=answer.error)

    async def _answer_to(self, due: DueDelivery) -> DeliveryResult:
        if not due.secrets:
            return DeliveryResult(error="The endpoint is not active.", is_final=True)
        if not (secrets := readable_secrets(self._keyring, due)):
            return DeliveryResult(error=_UNREADABLE)
        sender = await self._made_sender()
        return await sender.send(replace(due, secrets=secrets), now=_now())

    async def _made_sender(self) -> Sender:
        """Its HTTP client takes a tenth of a second to load and to make, which a server may never need."""
        async with self._making_sender:
            if self._sender is None:
                self._sender = await asyncio.to_thread(_sender, self._hosts, self._timeout)
            return self._sender

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._sending[task]
        self._wakeup.wake()  # another may be sent in its place
        if not task.cancelled() and (error := task.exception()):
            log_left("a webhook is left to another attempt", error)

    async def _leave(self) -> None:
        """Waits for a moment, then gives back what is not answered: others send it again."""
        if self._sending:
            await asyncio.wait(self._sending, timeout=GRACE)
        left, tasks = [due.job for due in self._sending.values()], list(self._sending)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        try:
            if left:
                await self._database.write_async(outbox.release, left, now=_now())
        except DatabaseUnavailable as failure:
            log.warning("leases are not given back; they end by themselves", reason=one_line(failure))
        except SQLAlchemyError:
            log.exception("leases are not given back; they end by themselves")
        await self._close_sender()

    async def _close_sender(self) -> None:
        if self._sender is not None:
            await self._sender.close()


@asynccontextmanager
async def sending_webhooks(database: Database, hosts: Hosts, keyring: Keyring) -> AsyncIterator[None]:
    """Sends in the background."""
    task = asyncio.create_task(WebhookWorker(database, hosts, keyring).run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


def _sender(hosts: Hosts, timeout: float) -> Sender:
    from server.workers.webhook_sender import Sender

    return Sender(hosts, timeout=timeout)


def _full(most: int, counts: Mapping[str, int]) -> list[str]:
    """Who has no place left."""
    return [each for each, count in counts.items() if count >= most]


def _below(most: int, counts: Mapping[str, int]) -> Iterable[int]:
    """The counts of those who have places left: the highest tells how many each of them may still take."""
    return (count for count in counts.values() if count < most)


def _now() -> datetime:
    return datetime.now(UTC)
