"""Makes the PDFs: claims invoices by lease, has them rendered in processes, records what is in the store.

The process may be killed at any point: a lease that nobody renews ends, and another attempt starts from the
snapshot.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy.exc import SQLAlchemyError

from documents.render_job import RenderFailure, RenderTask, StoredPdf, render_all
from documents.store import OutsideStore, Store, pdf_key
from invoicing.errors import DatabaseUnavailable
from invoicing.invoices import pdf
from invoicing.invoices.pdf import DuePdf, RenderedPdf
from invoicing.storage import outbox
from invoicing.storage.database import Database
from invoicing.storage.outbox import MAX_ATTEMPTS, Failure
from invoicing.storage.tables import Job
from server.metrics import Metrics
from server.outages import log_left, one_line
from server.workers.backoff import LONGEST, Backoff
from server.workers.pdf_processes import Outcome, Render, Renderers
from server.workers.wakeup import Wakeup

BATCH = 16
POLL = 1.0  # seconds
GRACE = 5.0  # seconds that batches may take to end when the worker stops

log = structlog.get_logger()


class PdfWorker:
    """To be used once: `run` it in a server, or `drain` the queue."""

    def __init__(
        self,
        database: Database,
        store: Store,
        *,
        processes: int = 1,
        lease: timedelta = outbox.LEASE,
        render: Render = render_all,
        metrics: Metrics | None = None,
        font_folder: Path | None = None,
    ) -> None:
        self._database = database
        self._store = store
        self._lease = lease
        self._metrics = metrics or Metrics()
        self._wakeup = Wakeup(database, outbox.RENDER_INVOICE)
        self._renderers = Renderers(
            render,
            processes=processes,
            patience=lease.total_seconds() + store.patience,
            font_folder=font_folder,
        )
        self._most_batches = processes + 1  # one for each process, and one that waits
        self._batches: dict[asyncio.Task[None], Sequence[DuePdf]] = {}
        self._backoff = Backoff(POLL)
        self._store_rests_until = 0.0
        self._stopped = False
        self._made = 0

    async def run(self) -> None:
        """Works until it is stopped or cancelled."""
        async with self._working():
            while not self._stopped:
                self._wakeup.clear()
                if not await self._begin():
                    await self._wakeup.wait(self._backoff.seconds)

    async def drain(self, progress: Callable[[int], None] = lambda _: None) -> int:
        """Works until nothing is due. Returns how many PDFs it made, and tells `progress` how many so far."""
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
        """Lets `run` finish what it has begun, for a few seconds, and return. Call it on the event loop."""
        self._stopped = True
        self._wakeup.wake()

    @asynccontextmanager
    async def _working(self) -> AsyncIterator[None]:
        async with self._wakeup.listening():
            renewing = asyncio.create_task(self._keep_leases())
            try:
                await self._renderers.start()
                yield
                if self._batches:
                    await asyncio.wait(self._batches, timeout=GRACE)
            finally:
                renewing.cancel()
                await self._leave()

    async def _begin(self) -> bool:
        """Begins a batch if one is due, and one more may be begun. Returns whether more may be due."""
        if len(self._batches) == self._most_batches or time.monotonic() < self._store_rests_until:
            return False
        try:
            batch = await self._claim()
        except DatabaseUnavailable:  # `log_outages` says so
            self._backoff.failed()
            return False
        except SQLAlchemyError:
            log.exception("no job can be claimed")
            return False
        self._backoff.succeeded()
        if batch:
            task = asyncio.create_task(self._work(batch))
            self._batches[task] = batch
            task.add_done_callback(self._ended)
        return len(batch) == BATCH

    async def _claim(self) -> Sequence[DuePdf]:
        """Lets a claim finish even if cancelled: one that nobody knows of could not be given back."""
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
        rendered = [_rendered(job, stored) for job, stored in made]
        failed = [(job, outcome) for job, outcome in outcomes if isinstance(outcome, RenderFailure)]
        failures = [await self._failure(job, each) for job, each in failed if not each.is_of_store]
        await self._database.write_async(pdf.record, rendered, failures, now=_now())
        if unstored := [(job, each.reason) for job, each in failed if each.is_of_store]:
            await self._wait_for_store(unstored)
        self._made += len(rendered)
        self._metrics.count_pdfs([stored.seconds for _, stored in made], failed=len(failures))

    async def _wait_for_store(self, unstored: Sequence[tuple[Job, str]]) -> None:
        """Gives jobs back that nothing is wrong with, and begins no other for a while."""
        jobs = [job for job, _ in unstored]
        log.error("the store takes nothing, and PDFs wait for it", pdfs=len(jobs), reason=unstored[0][1])
        self._store_rests_until = time.monotonic() + LONGEST
        until = _now() + timedelta(seconds=LONGEST)
        await self._database.write_async(outbox.release, jobs, now=until)

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
        return RenderTask(due.snapshot, key, due.job.attempts, self._store, due.logo)

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
        if failure.is_final:  # there may be no later attempt that would tidy up
            key = pdf_key(job.account_id, job.subject_id)
            with suppress(OSError, OutsideStore):  # if the store is what fails, there is nothing to tidy up
                await asyncio.to_thread(self._store.clear, key, attempts=job.attempts)
        return failure

    def _ended(self, task: asyncio.Task[None]) -> None:
        if len(self._batches) == self._most_batches:
            self._wakeup.wake()  # `run` may wait until one more may be begun
        del self._batches[task]
        if not task.cancelled() and (error := task.exception()):
            log_left("a batch is left to another attempt", error)

    async def _keep_leases(self) -> None:
        """Renews the leases of batches that take long, because they wait or are tried one by one."""
        while True:
            await asyncio.sleep(self._lease.total_seconds() / 3)
            if held := self._held():
                try:
                    await self._database.write_async(outbox.renew, held, now=_now(), lease=self._lease)
                except DatabaseUnavailable as failure:
                    log.warning("leases are not renewed", reason=one_line(failure))
                except SQLAlchemyError:
                    log.exception("leases are not renewed")

    async def _leave(self) -> None:
        """Ends the processes and gives back what is not finished, so that another worker takes it at once."""
        held, tasks = self._held(), list(self._batches)
        for task in tasks:
            task.cancel()
        await self._renderers.close()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._release(held)

    async def _release(self, held: Sequence[Job]) -> None:
        if not held:
            return
        try:
            await self._database.write_async(outbox.release, held, now=_now())
        except DatabaseUnavailable as failure:
            log.warning("leases are not given back; they end by themselves", reason=one_line(failure))
        except SQLAlchemyError:
            log.exception("leases are not given back; they end by themselves")

    def _held(self) -> list[Job]:
        return [due.job for batch in self._batches.values() for due in batch]


@asynccontextmanager
async def making_pdfs(
    database: Database,
    store: Store,
    processes: int,
    metrics: Metrics,
    font_folder: Path | None = None,
) -> AsyncIterator[None]:
    """Makes PDFs in the background. Without processes, it only wakes workers elsewhere."""
    if processes == 0:
        async with Wakeup(database, outbox.RENDER_INVOICE).listening():
            yield
        return
    worker = PdfWorker(database, store, processes=processes, metrics=metrics, font_folder=font_folder)
    task = asyncio.create_task(worker.run())
    task.add_done_callback(_log_end)
    yield
    worker.stop()
    await asyncio.wait([task])


def _rendered(job: Job, stored: StoredPdf) -> RenderedPdf:
    return RenderedPdf(
        job,
        stored.key,
        stored.size,
        stored.sha256,
        has_e_invoice=stored.has_e_invoice,
        e_invoices=stored.e_invoices,
        warnings=stored.warnings,
    )


def _log_end(task: asyncio.Task[None]) -> None:
    """The server goes on issuing invoices without PDFs, so an operator has to know."""
    if not task.cancelled() and (error := task.exception()):
        log.critical("no PDFs are made until the server is started again", exc_info=error)


def _now() -> datetime:
    return datetime.now(UTC)
