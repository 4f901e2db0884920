"""Asks the gateways what became of payments that they have not answered for, until they do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from gateways.protocol import Outcome, Unavailable
from invoicing.payments import charges
from invoicing.payments.charges import GIVE_UP, Unanswered
from invoicing.storage import outbox
from invoicing.storage.database import Database
from resolvers.gateway_calls import Gateways

POLL = 2.0  # seconds
LEASE = timedelta(seconds=60)  # longer than two answers of a gateway take
BATCH = 8
LONGEST_WAIT = 3_600  # seconds until a gateway is asked again about a payment that takes days

log = structlog.get_logger()


class ChargeWorker:
    """Asks about payments. Several may work on the same database: each payment is claimed by a lease."""

    def __init__(self, database: Database, gateways: Gateways) -> None:
        self._database = database
        self._gateways = gateways

    async def run(self) -> None:
        """Asks until it is cancelled."""
        while True:
            try:
                count = await self.ask()
            except SQLAlchemyError:
                log.exception("no payment can be asked about")
                count = 0
            if count < BATCH:
                await asyncio.sleep(POLL)

    async def ask(self) -> int:
        """Asks once about the payments that are due. Returns how many there were."""
        due = await self._database.write_async(charges.claim, most=BATCH, now=_now(), lease=LEASE)
        await asyncio.gather(*(self._settle(each) for each in due))
        return len(due)

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
        await self._database.write_async(
            charges.resolve,
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
