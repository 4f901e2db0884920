"""Paper that is lost is made again, and a store that fails is told of."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from documents.store import FileStore, Store
from invoicing.access import Principal
from invoicing.invoices import from_orders, queries
from invoicing.storage.database import Database
from server.workers.pdf import PdfWorker
from tests.support import factories
from tests.support.stores import delete

pytestmark = pytest.mark.anyio


async def test_a_pdf_whose_file_was_lost_is_made_again(
    database: Database, principal: Principal, any_store: Store
) -> None:
    issued = factories.invoice(database, principal)
    await PdfWorker(database, any_store).drain()
    key = database.read(queries.found_invoice, principal, issued.id).pdf_key
    assert key is not None
    paper = any_store.read(key)
    delete(any_store, key)

    again = database.write(from_orders.retry_pdf, principal, issued.id, now=datetime.now(UTC))
    assert again.pdf_key is None
    await PdfWorker(database, any_store).drain()
    assert database.read(queries.found_invoice, principal, issued.id).pdf_key == key
    assert any_store.read(key) == paper


async def test_where_the_store_fails_the_pdf_is_given_up_with_the_reason(
    database: Database, principal: Principal, store: FileStore
) -> None:
    issued = factories.invoice(database, principal)
    shutil.rmtree(store.root / principal.account_id, ignore_errors=True)
    store.root.mkdir(parents=True, exist_ok=True)
    (store.root / principal.account_id).write_text("no folder")
    database.write(lambda connection: connection.execute(text("UPDATE outbox SET attempts = 4")))

    await PdfWorker(database, store).drain()
    assert database.read(queries.found_invoice, principal, issued.id).pdf_failed_at is not None
    told = database.read(
        lambda connection: connection.execute(text("SELECT last_error FROM outbox")).scalar_one()
    )
    assert "Not a directory" in told or "File exists" in told
