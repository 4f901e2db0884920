"""Every invoice gets one PDF: at once, by itself, and whatever happens to the others."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import Connection, column, func, select, table, text, update
from structlog.testing import capture_logs

from documents.render_job import render_all
from documents.store import FileStore, Store, pdf_key
from invoicing.access import Principal
from invoicing.invoices import from_orders, queries
from invoicing.invoices import pdf as rendering
from invoicing.invoices.queries import Issued
from invoicing.storage import outbox
from invoicing.storage.database import Database
from invoicing.storage.tables import Document, Job, documents
from invoicing.storage.tables import outbox as jobs
from server.workers import pdf as worker
from server.workers import pg_notify
from server.workers.pdf import PdfWorker
from server.workers.pdf_processes import Render
from server.workers.wakeup import Wakeup
from tests.conftest import FreshUrl
from tests.support import factories
from tests.support.fonts import MIAO, make_font
from tests.support.patience import PATIENCE, eventually
from tests.support.workers import HANGING, POISON, crash_or_hang, fail_all, on_full_disk, render_slowly

_OTHERS = (
    select(column("pid"), column("query"))
    .select_from(table("pg_stat_activity"))
    .where(text("datname = current_database() AND pid <> pg_backend_pid()"))
    .subquery()
)


def drained(database: Database, store: Store, render: Render = render_all, *, lease: float = 10) -> int:
    return asyncio.run(PdfWorker(database, store, render=render, lease=timedelta(seconds=lease)).drain())


def named(database: Database, principal: Principal, *names: str) -> list[Issued]:
    return [factories.invoice(database, principal, items=[factories.item(name=name)]) for name in names]


def papers(database: Database) -> list[Document]:
    return cast(list[Document], database.read(lambda connection: connection.execute(select(documents)).all()))


def waiting(database: Database) -> list[Job]:
    return cast(list[Job], database.read(lambda connection: connection.execute(select(jobs)).all()))


def hurry(connection: Connection) -> None:
    """The back-off and the leases have passed."""
    connection.execute(update(jobs).values(run_after=factories.NOW))


@asynccontextmanager
async def running(worker: PdfWorker) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        group.create_task(worker.run())
        yield
        worker.stop()


def test_every_invoice_gets_its_pdf(database: Database, principal: Principal, any_store: Store) -> None:
    invoices = [factories.invoice(database, principal) for _ in range(40)]
    assert drained(database, any_store) == 40
    assert waiting(database) == []
    for invoice in invoices:
        found = database.read(queries.found_invoice, principal, invoice.id)
        assert found.pdf_key == pdf_key(principal.account_id, invoice.id)
    for paper in papers(database):
        content = any_store.read(paper.key) or b""
        assert (paper.size, paper.sha256) == (len(content), sha256(content).hexdigest())


def test_whoever_drains_hears_how_far_it_is(
    database: Database, principal: Principal, store: FileStore
) -> None:
    for _ in range(40):
        factories.invoice(database, principal)
    heard: list[int] = []
    asyncio.run(PdfWorker(database, store).drain(heard.append))
    assert heard[-1] == 40
    assert heard == sorted(heard)


def test_what_two_workers_do_is_done_once(database: Database, principal: Principal, any_store: Store) -> None:
    for _ in range(60):
        factories.invoice(database, principal)

    async def both() -> list[int]:
        return await asyncio.gather(*(PdfWorker(database, any_store).drain() for _ in range(2)))

    assert sum(asyncio.run(both())) == 60
    assert len(papers(database)) == 60


@pytest.mark.anyio
async def test_a_commit_wakes_the_worker(
    database: Database, principal: Principal, store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "POLL", 10.0 * PATIENCE)
    async with running(PdfWorker(database, store)):
        for made in range(1, 4):
            factories.invoice(database, principal)
            await eventually(lambda made=made: len(papers(database)) == made)  # type: ignore[misc]


@pytest.mark.anyio
async def test_on_postgresql_a_commit_wakes_the_workers_of_other_processes(
    fresh_postgresql: FreshUrl, store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "POLL", 10.0 * PATIENCE)
    with fresh_postgresql() as url:
        here, there = Database(url), Database(url)
        async with Wakeup(here, outbox.RENDER_INVOICE).listening(), running(PdfWorker(there, store)):
            principal = factories.principal(here)
            await eventually(lambda: _listeners(here) > 1)
            factories.invoice(here, principal)
            await eventually(lambda: len(papers(here)) == 1)
        here.close()
        there.close()


def _listeners(database: Database) -> int:
    asked = select(func.count()).select_from(_OTHERS).where(_OTHERS.c.query.like("LISTEN%"))
    return database.read(lambda connection: connection.execute(asked).scalar_one())


@pytest.mark.anyio
async def test_a_worker_outlives_its_connections(
    fresh_postgresql: FreshUrl, store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pg_notify, "RECONNECT", 0.01)
    cut = select(func.pg_terminate_backend(_OTHERS.c.pid))
    with fresh_postgresql() as url:
        here, there = Database(url, threads=1), Database(url)
        async with running(PdfWorker(there, store)):
            principal = factories.principal(here)
            for made in range(1, 3):
                factories.invoice(here, principal)
                await eventually(lambda made=made: len(papers(here)) == made)  # type: ignore[misc]
                here.write(lambda connection: connection.execute(cut))
        here.close()
        there.close()


def test_a_failing_invoice_is_tried_five_times_then_waits_for_a_person(
    database: Database, principal: Principal, store: FileStore
) -> None:
    invoice = factories.invoice(database, principal)
    for attempt in range(1, 6):
        assert database.read(queries.found_invoice, principal, invoice.id).pdf_failed_at is None
        with capture_logs() as logged:
            assert drained(database, store, fail_all) == 0
        assert [(line["log_level"], line["invoice_id"]) for line in logged] == [("error", invoice.id)]
        (job,) = waiting(database)
        assert job.attempts == attempt
        assert job.last_error
        database.write(hurry)
    assert database.read(queries.found_invoice, principal, invoice.id).pdf_failed_at is not None
    assert drained(database, store) == 0
    database.write(from_orders.retry_pdf, principal, invoice.id, now=factories.NOW)
    assert drained(database, store) == 1
    assert database.read(queries.found_invoice, principal, invoice.id).pdf_key
    assert waiting(database) == []


def test_a_full_store_costs_no_attempt(database: Database, principal: Principal, store: FileStore) -> None:
    issued = factories.invoice(database, principal)
    for _ in range(outbox.MAX_ATTEMPTS + 1):
        assert drained(database, store, on_full_disk) == 0
        (job,) = waiting(database)
        assert (job.attempts, job.lease_token, job.failed_at) == (0, None, None)
        database.write(hurry)
    assert drained(database, store) == 1
    assert store.exists(pdf_key(principal.account_id, issued.id))


def test_attempts_are_1_4_16_and_64_seconds_apart(database: Database, principal: Principal) -> None:
    factories.invoice(database, principal)
    now, pauses = factories.NOW, []
    for _ in range(5):
        (due,) = database.write(rendering.claim, most=9, now=now)
        failure = outbox.Failure(due.job, "reason")
        database.write(rendering.record, [], [failure], now=now)
        (job,) = waiting(database)
        pauses.append((job.run_after - now).total_seconds())
        assert database.write(rendering.claim, most=9, now=job.run_after - timedelta(microseconds=1)) == []
        now = job.run_after
    assert pauses[:4] == [1, 4, 16, 64]
    assert database.write(rendering.claim, most=9, now=now + timedelta(days=1)) == []


def test_an_invoice_whose_worker_died_each_time_is_given_up(
    database: Database, principal: Principal, store: FileStore
) -> None:
    invoice = factories.invoice(database, principal)
    for _ in range(5):
        database.write(rendering.claim, most=9, now=factories.NOW)
        database.write(hurry)
    left = store.path(f"{pdf_key(principal.account_id, invoice.id)}.5.part")
    left.parent.mkdir(parents=True)
    left.touch()
    assert drained(database, store) == 0
    (job,) = waiting(database)
    assert job.failed_at
    assert job.last_error == "Its worker died at every attempt."
    assert not left.exists()


def test_a_poisonous_invoice_takes_no_other_with_it(
    database: Database, principal: Principal, store: FileStore
) -> None:
    _, poisonous, *_ = named(database, principal, "Mug", POISON, *["Mug"] * 20)
    assert drained(database, store, crash_or_hang) == 21
    (job,) = waiting(database)
    assert job.subject_id == poisonous.id
    assert job.last_error == "The process that rendered it died (exit code -9)."


def test_an_invoice_that_hangs_is_given_up_and_the_others_are_made(
    database: Database, principal: Principal, store: FileStore
) -> None:
    _, hanging, _ = named(database, principal, "Mug", HANGING, "Mug")
    assert drained(database, store, crash_or_hang, lease=3) == 2
    (job,) = waiting(database)
    assert (job.subject_id, job.attempts) == (hanging.id, 1)
    assert job.last_error == "Rendering took longer than 3 seconds."


def printed(due: rendering.DuePdf) -> rendering.RenderedPdf:
    return rendering.RenderedPdf(due.job, pdf_key(due.job.account_id, due.job.subject_id), 1, "0" * 64)


def test_a_worker_that_comes_late_records_nothing(database: Database, principal: Principal) -> None:
    factories.invoice(database, principal)
    (late,) = database.write(rendering.claim, most=9, now=factories.NOW)
    (next_,) = database.write(rendering.claim, most=9, now=factories.NOW + outbox.LEASE)
    database.write(rendering.record, [printed(late)], [], now=factories.NOW)
    database.write(rendering.record, [], [outbox.Failure(late.job, "late")], now=factories.NOW)
    database.write(outbox.renew, [late.job], now=factories.NOW)
    database.write(outbox.release, [late.job], now=factories.NOW)
    assert papers(database) == []
    assert waiting(database) == [next_.job]
    database.write(rendering.record, [printed(next_)], [], now=factories.NOW)
    assert len(papers(database)) == 1


def test_recording_a_paper_twice_leaves_one(database: Database, principal: Principal) -> None:
    invoice = factories.invoice(database, principal)
    for _ in range(2):
        (due,) = database.write(rendering.claim, most=9, now=factories.NOW)
        database.write(rendering.record, [printed(due)], [], now=factories.NOW)
        database.write(
            outbox.enqueue, principal.account_id, outbox.RENDER_INVOICE, invoice.id, now=factories.NOW
        )
    assert len(papers(database)) == 1


def test_who_has_much_to_print_leaves_the_others_their_share(
    database: Database, principal: Principal
) -> None:
    named(database, principal, *["Mug"] * 40)
    others = [factories.principal(database) for _ in range(2)]
    theirs = [
        named(database, other, *["Cup"] * count)[0] for other, count in zip(others, (1, 5), strict=True)
    ]
    claimed = [database.write(rendering.claim, most=12, now=factories.NOW) for _ in range(2)]
    of_each = [Counter(due.job.account_id for due in batch) for batch in claimed]
    mine, first, second = (each.account_id for each in (principal, *others))
    assert of_each == [{mine: 7, first: 1, second: 4}, {mine: 11, second: 1}]
    assert theirs[0].id in {due.job.subject_id for due in claimed[0]}


def test_jobs_of_before_accounts_had_queues_are_done_too(database: Database, principal: Principal) -> None:
    named(database, principal, "Mug", "Cup")
    database.write(lambda connection: connection.execute(update(jobs).values(queue="")))
    assert len(database.write(rendering.claim, most=9, now=factories.NOW)) == 2


def test_a_lease_can_be_held_for_longer(database: Database, principal: Principal) -> None:
    factories.invoice(database, principal)
    (due,) = database.write(rendering.claim, most=9, now=factories.NOW)
    database.write(outbox.renew, [due.job], now=factories.NOW + timedelta(seconds=5))
    assert database.write(rendering.claim, most=9, now=factories.NOW + timedelta(seconds=12)) == []
    assert len(database.write(rendering.claim, most=9, now=factories.NOW + timedelta(seconds=15))) == 1


@pytest.mark.anyio
async def test_a_worker_that_stops_ends_what_it_has_begun(
    database: Database, principal: Principal, store: FileStore
) -> None:
    named(database, principal, *["Mug"] * 10)
    async with running(PdfWorker(database, store, render=render_slowly)):
        await eventually(lambda: bool(waiting(database)[0].lease_token))
    assert len(papers(database)) == 10


@pytest.mark.anyio
@pytest.mark.parametrize("end", [lambda worker, _: worker.stop(), lambda _, task: task.cancel()])
async def test_a_worker_that_is_stopped_in_the_middle_gives_back_what_it_holds(
    end: Callable[[PdfWorker, asyncio.Task[None]], None],
    database: Database,
    principal: Principal,
    store: FileStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(worker, "GRACE", 0.01)
    named(database, principal, HANGING, HANGING)
    stopping = PdfWorker(database, store, render=crash_or_hang)
    task = asyncio.create_task(stopping.run())
    await eventually(lambda: bool(waiting(database)[0].lease_token))
    end(stopping, task)
    await asyncio.wait([task])  # what hangs never ends by itself
    assert [(job.attempts, job.lease_token) for job in waiting(database)] == [(0, None)] * 2
    assert await PdfWorker(database, store).drain() == 2


def test_the_processes_use_the_folder_of_fonts(
    database: Database, store: FileStore, principal: Principal, tmp_path: Path
) -> None:
    named(database, principal, f"Mug {MIAO}")
    drained(database, store)
    (without,) = papers(database)
    assert without.warnings == ["𖼀 (U+16F00) cannot be shown: the server has no font for it."]
    fonts = tmp_path / "fonts"
    fonts.mkdir()
    make_font(fonts / "Miao.ttf", MIAO)
    database.write(rendering.make_again, without.account_id, without.invoice_id, now=factories.NOW)
    asyncio.run(PdfWorker(database, store, font_folder=fonts).drain())
    (paper,) = papers(database)
    assert paper.warnings is None
    assert paper.sha256 != without.sha256


def test_the_processes_that_make_pdfs_load_no_database_and_no_schema() -> None:
    loads = (
        "import sys, server.workers.pdf_processes, documents.pdf;"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", loads], capture_output=True, text=True, check=True)
    assert {"reportlab", "documents"} <= {*done.stdout.split()}
    assert not {"sqlalchemy", "psycopg", "strawberry", "graphql", "starlette"} & {*done.stdout.split()}


def test_a_server_that_only_waits_for_calls_loads_nothing_that_draws_or_migrates() -> None:
    loads = "import sys, server.app; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", loads], capture_output=True, text=True, check=True)
    assert {"server", "documents", "sqlalchemy", "strawberry"} <= {*done.stdout.split()}
    assert not {"reportlab", "PIL", "uharfbuzz", "alembic"} & {*done.stdout.split()}
