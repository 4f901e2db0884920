"""Asks the gateways what became of payments that they have not answered for, until they do.

A gateway that hangs for one account holds up the payments of that account alone.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from gateways.protocol import Outcome, Unavailable
from invoicing.access import WORKER
from invoicing.audit.actions import AuditAction
from invoicing.audit.entries import Act, audited
from invoicing.errors import DatabaseUnavailable
from invoicing.payments import charges
from invoicing.payments.charges import GIVE_UP, Unanswered
from invoicing.storage import outbox
from invoicing.storage.database import Database
from resolvers.audit_subjects import subjects_of
from resolvers.gateway_calls import Gateways
from server.outages import log_left
from server.workers.backoff import Backoff

POLL = 2.0  # seconds
LEASE = timedelta(seconds=60)  # longer than two answers of a gateway take
MOST_AT_ONCE = 16  # payments that gateways are asked about
MOST_OF_ACCOUNT = 2  # of them of the same account
LONGEST_WAIT = 3_600  # seconds until a gateway is asked again about a payment that takes days

log = structlog.get_logger()


class ChargeWorker:
    """Asks about payments. Several may work on the same database: each payment is claimed by a lease."""

    def __init__(self, database: Database, gateways: Gateways) -> None:
        self._database = database
        self._gateways = gateways
        self._asking: dict[asyncio.Task[None], str] = {}
        """The running questions, each with its account."""
        self._backoff = Backoff(POLL)

    async def run(self) -> None:
        """Asks until it is cancelled."""
        try:
            while True:
                if not await self._begin():
                    await self._wait()
        finally:
            tasks = list(self._asking)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def ask(self) -> int:
        """Asks once about the payments that are due. Returns how many there were."""
        count = 0
        while (begun := await self._begin()) or self._asking:
            count += begun
            if self._asking:
                await asyncio.wait(self._asking, return_when=asyncio.FIRST_COMPLETED)
        return count

    async def _begin(self) -> int:
        """Begins to ask about one payment of each account, as far as there are places. Returns how many."""
        of_each = Counter(self._asking.values())
        most = MOST_AT_ONCE - len(self._asking)
        if most == 0:
            return 0
        try:
            due = await self._database.write_async(
                charges.claim,
                most=most,
                busy=[account for account, count in of_each.items() if count >= MOST_OF_ACCOUNT],
                now=_now(),
                lease=LEASE,
            )
        except DatabaseUnavailable:  # `log_outages` says so
            self._backoff.failed()
            return 0
        except SQLAlchemyError:
            log.exception("no payment can be asked about")
            return 0
        self._backoff.succeeded()
        for each in due:
            task = asyncio.create_task(self._settle(each))
            self._asking[task] = each.job.account_id
            task.add_done_callback(self._ended)
        return len(due)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._asking[task]
        if not task.cancelled() and (error := task.exception()):
            log_left("a payment is left to another attempt", error)

    async def _wait(self) -> None:
        """Until a place is free again, or something may have become due."""
        if self._asking:
            await asyncio.wait(
                self._asking, timeout=self._backoff.seconds, return_when=asyncio.FIRST_COMPLETED
            )
        else:
            await asyncio.sleep(self._backoff.seconds)

    async def _settle(self, unanswered: Unanswered) -> None:
        payment = unanswered.begun.payment
        if payment.status != "PENDING":  # its answer came while the job was claimed
            await self._resolve(unanswered, payment.status, payment.gateway_reference)
            return
        if not self._gateways.has(payment.gateway):
            await self._postpone(unanswered, f"This server has no gateway {payment.gateway}.")
            return
        try:
            outcome = await self._gateways.find_outcome(unanswered.begun) or await self._retry(unanswered)
        except Unavailable as failure:
            await self._postpone(unanswered, f"The gateway does not answer: {failure}")
        except DatabaseUnavailable:
            raise
        except Exception as failure:
            log.exception("a gateway cannot be asked", payment_id=payment.id)
            await self._postpone(unanswered, repr(failure))
        else:
            await self._record(unanswered, outcome)

    async def _retry(self, unanswered: Unanswered) -> Outcome | None:
        """The gateway never got the payment: sends it again with the same id, unless it is too late."""
        if _now() - unanswered.begun.payment.created_at > GIVE_UP:
            return None
        return await self._gateways.carry_out(unanswered.begun) or Outcome("PENDING", None)

    async def _record(self, unanswered: Unanswered, outcome: Outcome | None) -> None:
        if outcome is None:
            await self._resolve(unanswered, "CANCELLED", error="The gateway never took it; no money moved.")
        elif outcome.status == "PENDING":
            await self._postpone(unanswered, "The gateway has not decided yet.")
        else:
            await self._resolve(
                unanswered,
                outcome.status,
                outcome.reference,
                error=outcome.error,
                is_method_spent=outcome.is_method_spent,
            )

    async def _resolve(
        self,
        unanswered: Unanswered,
        status: str,
        reference: str | None = None,
        *,
        error: str | None = None,
        is_method_spent: bool = False,
    ) -> None:
        payment = unanswered.begun.payment
        act = Act(payment.account_id, WORKER, AuditAction.RESOLVE_PAYMENT, _now())
        await self._database.write_async(
            audited(act, charges.resolve, subjects_of),
            payment.account_id,
            payment.id,
            status,
            reference=reference,
            error=error,
            is_method_spent=is_method_spent,
            now=_now(),
        )
        log.info("a gateway has answered", payment_id=payment.id, status=status)

    async def _postpone(self, unanswered: Unanswered, reason: str) -> None:
        wait = timedelta(seconds=min(2**unanswered.job.attempts, LONGEST_WAIT))
        await self._database.write_async(outbox.postpone, unanswered.job, reason, until=_now() + wait)


@asynccontextmanager
async def asking_gateways(database: Database, gateways: Gateways) -> AsyncIterator[None]:
    """Asks in the background. A server without gateways leaves it to those that have some."""
    if not gateways.names:
        yield
        return
    task = asyncio.create_task(ChargeWorker(database, gateways).run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


def _now() -> datetime:
    return datetime.now(UTC)
