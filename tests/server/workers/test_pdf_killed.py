"""Workers are killed in the middle of their work; nothing is lost, nothing is made twice."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from sqlalchemy import Table, func, select

from documents.store import FileStore, pdf_key
from invoicing.access import Principal
from invoicing.storage.database import Database
from invoicing.storage.tables import documents, invoices
from invoicing.storage.tables import outbox as jobs
from tests.support import factories
from tests.support.patience import PATIENCE, until

ROOT = Path(__file__).parents[3]
INVOICES = 200
LEASE = 3


def started(database: Database, store: FileStore) -> subprocess.Popen[bytes]:
    url = database.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.support.workers", url, str(store.root), str(LEASE)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)


def number_of(database: Database, table: Table) -> int:
    return database.read(
        lambda connection: connection.execute(select(func.count()).select_from(table)).scalar_one()
    )


def killed(worker: subprocess.Popen[bytes]) -> None:
    """Its output ends when the last process that has it is gone, so none of its own outlives it."""
    worker.kill()
    worker.communicate(timeout=PATIENCE)


def test_after_kills_in_the_middle_every_invoice_has_one_pdf(
    database: Database, principal: Principal, store: FileStore
) -> None:
    issued = [factories.invoice(database, principal) for _ in range(INVOICES)]
    for done in (30, 80):
        crew = [started(database, store) for _ in range(2)]
        until(lambda done=done: number_of(database, documents) >= done)  # type: ignore[misc]
        for worker in crew:
            killed(worker)
    assert number_of(database, jobs) > 0

    last = started(database, store)
    until(lambda: number_of(database, jobs) == 0)
    last.send_signal(signal.SIGTERM)
    last.communicate(timeout=PATIENCE)
    assert last.returncode == 0

    assert number_of(database, invoices) == number_of(database, documents) == INVOICES
    made = {str(path.relative_to(store.root)) for path in store.root.rglob("*") if path.is_file()}
    assert made == {pdf_key(principal.account_id, invoice.id) for invoice in issued}
