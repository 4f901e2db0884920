"""Asks the gateways what became of the payments that they have not answered for, until they do."""

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
LEASE = timedelta(seconds=60)  # longer than a gateway's two answers take
MOST = 8
LONGEST_WAIT = 3_600  # seconds between two questions about a payment that takes days

log = structlog.get_logger()


class Inquiries:
    """Safe beside others on the same database: a payment is asked about under a lease."""

    def __init__(self, database: Database, gateways: Gateways) -> None:
        self._database = database
        self._gateways = gateways

    async def run(self) -> None:
        """Asks until it is cancelled."""
        while True:
            try:
                asked = await self.ask()
            except SQLAlchemyError:
                log.exception("no payment can be asked about")
                asked = 0
            if asked < MOST:
                await asyncio.sleep(POLL)

    async def ask(self) -> int:
        """Asks about the payments that are due, once; says about how many."""
        due = await self._database.write_async(charges.claim, most=MOST, now=_now(), lease=LEASE)
        await asyncio.gather(*(self._settle(each) for each in due))
        return len(due)

    async def _settle(self, asked: Unanswered) -> None:
        payment = asked.begun.payment
        if payment.status != "PENDING":  # its answer came while the job was claimed
            await self._resolve(asked, payment.status, payment.gateway_reference)
            return
        if not self._gateways.has(payment.gateway):
            await self._postpone(asked, f"This server has no gateway {payment.gateway}.")
            return
        try:
            outcome = await self._gateways.became(asked.begun) or await self._again(asked)
        except Unavailable as silence:
            await self._postpone(asked, f"The gateway does not answer: {silence}")
        except Exception as failure:
            log.exception("a gateway cannot be asked", payment_id=payment.id)
            await self._postpone(asked, repr(failure))
        else:
            await self._told(asked, outcome)

    async def _again(self, asked: Unanswered) -> Outcome | None:
        """The gateway never heard of it: it is asked for again under the same id, unless it is too late."""
        if _now() - asked.begun.payment.created_at > GIVE_UP:
            return None
        return await self._gateways.carry_out(asked.begun) or Outcome("PENDING", None)

    async def _told(self, asked: Unanswered, outcome: Outcome | None) -> None:
        if outcome is None:
            await self._resolve(asked, "CANCELLED", error="The gateway never took it; no money moved.")
        elif outcome.status == "PENDING":
            await self._postpone(asked, "The gateway has not decided yet.")
        else:
            await self._resolve(
                asked,
                outcome.status,
                outcome.reference,
                error=outcome.error,
                is_method_spent=outcome.is_method_spent,
            )

    async def _resolve(
        self,
        asked: Unanswered,
        status: str,
        reference: str | None = None,
        *,
        error: str | None = None,
        is_method_spent: bool = False,
    ) -> None:
        payment = asked.begun.payment
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

    async def _postpone(self, asked: Unanswered, reason: str) -> None:
        wait = timedelta(seconds=min(2**asked.job.attempts, LONGEST_WAIT))
        await self._database.write_async(outbox.postpone, asked.job, reason, until=_now() + wait)


@asynccontextmanager
async def inquiring(database: Database, gateways: Gateways) -> AsyncIterator[None]:
    """Asks meanwhile. A server without gateways leaves it to those that have them."""
    if not gateways.names:
        yield
        return
    task = asyncio.create_task(Inquiries(database, gateways).run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


def _now() -> datetime:
    return datetime.now(UTC)
