"""Makes the PDFs: claims invoices by lease, has them rendered in processes, records what lies in the store.

It may be killed anywhere. A lease that nobody renews ends, and another attempt starts from the snapshot.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from documents.render_job import RenderFailure, RenderTask, StoredPdf, render_all
from documents.store import FileStore, pdf_key
from invoicing.invoices import pdf
from invoicing.invoices.pdf import DuePdf, RenderedPdf
from invoicing.storage import outbox
from invoicing.storage.database import Database
from invoicing.storage.outbox import MAX_ATTEMPTS, Failure
from invoicing.storage.tables import Job
from server.metrics import Metrics
from server.workers.pdf_processes import Outcome, Produce, Renderers
from server.workers.wakeup import Wakeup

BATCH = 16
POLL = 1.0  # seconds
GRACE = 5.0  # seconds that batches may take to end when the worker stops

log = structlog.get_logger()


class Worker:
    """Use one once: `run` it in a server, or `drain` the queue."""

    def __init__(
        self,
        database: Database,
        store: FileStore,
        *,
        processes: int = 1,
        lease: timedelta = outbox.LEASE,
        produce: Produce = render_all,
        metrics: Metrics | None = None,
    ) -> None:
        self._database = database
        self._store = store
        self._lease = lease
        self._metrics = metrics or Metrics()
        self._wakeup = Wakeup(database, outbox.RENDER_INVOICE)
        self._renderers = Renderers(produce, processes=processes, patience=lease.total_seconds())
        self._room = processes + 1  # a batch for each process, and one that waits for the first to be free
        self._batches: dict[asyncio.Task[None], Sequence[DuePdf]] = {}
        self._stopped = False
        self._made = 0

    async def run(self) -> None:
        """Works until it is stopped or cancelled."""
        async with self._working():
            while not self._stopped:
                self._wakeup.clear()
                if not await self._begin():
                    await self._wakeup.wait(POLL)

    async def drain(self, progress: Callable[[int], None] = lambda _: None) -> int:
        """Works until nothing is due; answers how many PDFs it made, and tells `progress` on the way."""
        async with self._working():
            while not self._stopped:
                if await self._begin():
                    continue
                if not self._batches:
                    break
                await asyncio.wait(self._batches, return_when=asyncio.FIRST_COMPLETED)
                progress(self._made)
        return self._made

    def stop(self) -> None:
        """Lets `run` end what it has begun, for a few seconds, and return. Call it on the event loop."""
        self._stopped = True
        self._wakeup.wake()

    @asynccontextmanager
    async def _working(self) -> AsyncIterator[None]:
        async with self._wakeup.listening():
            pulse = asyncio.create_task(self._renew())
            try:
                await self._renderers.start()
                yield
                if self._batches:
                    await asyncio.wait(self._batches, timeout=GRACE)
            finally:
                pulse.cancel()
                await self._leave()

    async def _begin(self) -> bool:
        """Begins a batch, if there is room and one is due; says whether more may be due."""
        if len(self._batches) == self._room:
            return False
        try:
            batch = await self._claim()
        except SQLAlchemyError:
            log.exception("no job can be claimed")
            return False
        if batch:
            task = asyncio.create_task(self._work(batch))
            self._batches[task] = batch
            task.add_done_callback(self._ended)
        return len(batch) == BATCH

    async def _claim(self) -> Sequence[DuePdf]:
        """Not to be interrupted: a claim that nobody knows of could not be given back."""
        claim = asyncio.ensure_future(
            self._database.write_async(pdf.claim, most=BATCH, now=_now(), lease=self._lease)
        )
        try:
            return await asyncio.shield(claim)
        except asyncio.CancelledError:
            await asyncio.wait([claim])
            if not claim.exception():
                await self._release([due.job for due in claim.result()])
            raise

    async def _work(self, batch: Sequence[DuePdf]) -> None:
        outcomes = await self._outcomes(batch)
        made = [(job, outcome) for job, outcome in outcomes if isinstance(outcome, StoredPdf)]
        printed = [RenderedPdf(job, one.key, one.size, one.sha256) for job, one in made]
        failures = [
            await self._failure(job, failed) for job, failed in outcomes if isinstance(failed, RenderFailure)
        ]
        await self._database.write_async(pdf.record, printed, failures, now=_now())
        self._made += len(printed)
        self._metrics.rendered([one.seconds for _, one in made], failed=len(failures))

    async def _outcomes(self, batch: Sequence[DuePdf]) -> list[tuple[Job, Outcome]]:
        alive = [due for due in batch if due.job.attempts <= MAX_ATTEMPTS]
        spent = [due.job for due in batch if due.job.attempts > MAX_ATTEMPTS]
        outcomes = await self._renderers.render([self._task(due) for due in alive])
        return [
            *zip((due.job for due in alive), outcomes, strict=True),
            *((job, RenderFailure("Its worker died at every attempt.")) for job in spent),
        ]

    def _task(self, due: DuePdf) -> RenderTask:
        key = pdf_key(due.job.account_id, due.job.subject_id)
        return RenderTask(due.snapshot, key, due.job.attempts, self._store.root)

    async def _failure(self, job: Job, failed: RenderFailure) -> Failure:
        log.error(
            "no PDF was made",
            invoice_id=job.subject_id,
            account_id=job.account_id,
            attempt=job.attempts,
            reason=failed.reason,
            traceback=failed.traceback,
        )
        failure = Failure(job, failed.reason)
        if failure.is_final:  # there may be no later attempt to tidy up
            key = pdf_key(job.account_id, job.subject_id)
            with suppress(OSError):  # where the store is what fails, there is nothing to tidy
                await asyncio.to_thread(self._store.clear, key, attempts=job.attempts)
        return failure

    def _ended(self, task: asyncio.Task[None]) -> None:
        if len(self._batches) == self._room:
            self._wakeup.wake()  # there was no room, so somebody may wait for some
        del self._batches[task]
        if not task.cancelled() and (error := task.exception()):
            log.error("a batch is left to another attempt", exc_info=error)

    async def _renew(self) -> None:
        """A batch that takes long, because it waits or is tried one by one, stays ours."""
        while True:
            await asyncio.sleep(self._lease.total_seconds() / 3)
            if held := self._held():
                try:
                    await self._database.write_async(outbox.renew, held, now=_now(), lease=self._lease)
                except SQLAlchemyError:
                    log.exception("leases are not renewed")

    async def _leave(self) -> None:
        """Ends the processes and gives back what they had not finished: another worker goes on at once."""
        held, tasks = self._held(), list(self._batches)
        for task in tasks:
            task.cancel()
        await self._renderers.close()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._release(held)

    async def _release(self, held: Sequence[Job]) -> None:
        try:
            await self._database.write_async(outbox.release, held, now=_now())
        except SQLAlchemyError:
            log.exception("leases are not given back; they end by themselves")

    def _held(self) -> list[Job]:
        return [due.job for batch in self._batches.values() for due in batch]


def _now() -> datetime:
    return datetime.now(UTC)
