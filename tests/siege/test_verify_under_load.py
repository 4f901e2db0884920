"""`verify` finds nothing on a server that works hard: whatever waits or is half done is as it must be."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from documents.store import FileStore
from invoicing.access import Principal
from invoicing.invoices import from_orders, queries
from invoicing.payments import charges, methods
from invoicing.storage.database import Database
from invoicing.verify import books, papers
from invoicing.webhooks import deliveries
from invoicing.webhooks.deliveries import DeliveryResult
from server.workers.pdf import PdfWorker
from tests.support import factories, webhook_listener
from tests.support.patience import eventually

ROUNDS = 12
LEASE = timedelta(seconds=30)
RESULTS = [DeliveryResult(200), DeliveryResult(500, "It answered 500."), DeliveryResult(410, "Gone.", True)]


def sell_and_credit(database: Database, principal: Principal) -> None:
    for _ in range(ROUNDS):
        issued = factories.invoice(database, principal, customer_id="ann")
        database.write(
            from_orders.credit_invoice, principal, issued.id, None, reason=None, now=datetime.now(UTC)
        )


def charge(database: Database, principal: Principal) -> None:
    for at in range(ROUNDS):
        issued = factories.invoice(database, principal, customer_id="ann")
        begun = database.write(
            charges.begin_charge, principal, issued.id, "auto", gateways=["sandbox"], now=datetime.now(UTC)
        )
        for status in ("PENDING", ("PAID", "FAILED")[at % 2]):
            payment = (principal.account_id, begun.payment.id, status)
            database.write(charges.resolve, *payment, reference="r", now=datetime.now(UTC))


def send_webhooks(database: Database, _: Principal) -> None:
    for _round in range(ROUNDS):
        now = datetime.now(UTC) + timedelta(days=1)
        for at, due in enumerate(database.write(deliveries.claim_deliveries, most=9, now=now, lease=LEASE)):
            database.write(deliveries.record_result, due, RESULTS[at % 3], jitter=0, now=now)


def test_verify_is_silent_beside_writes(database: Database, principal: Principal, store: FileStore) -> None:
    factories.customer(database, principal, id="ann")
    card = {"gateway": "sandbox", "reference": "card", "gateway_customer": None, "label": "Card"}
    database.write(methods.add_payment_method, principal, "ann", **card, now=factories.NOW)  # type: ignore[arg-type]
    webhook_listener.endpoint(database, principal)
    first = factories.invoice(database, principal, customer_id="ann")

    def is_made() -> bool:
        return database.read(queries.found_invoice, principal, first.id).pdf_key is not None

    async def make_pdfs_again() -> None:
        """Every PDF as soon as it is due, and that of the first invoice again and again."""
        worker = PdfWorker(database, store)
        working = asyncio.create_task(worker.run())
        for _ in range(ROUNDS):
            await eventually(is_made)
            database.write(from_orders.retry_pdf, principal, first.id, now=datetime.now(UTC))
        await eventually(lambda: database.read(papers.count_papers, None) == 1 + 3 * ROUNDS)
        worker.stop()
        await working

    work: list[Callable[[], None]] = [
        *(lambda each=each: each(database, principal) for each in (sell_and_credit, charge, send_webhooks)),
        lambda: asyncio.run(make_pdfs_again()),
    ]
    threads = [threading.Thread(target=each) for each in work]
    for thread in threads:
        thread.start()
    looks = 0
    while any(thread.is_alive() for thread in threads) or not looks:
        assert database.read(books.verify).findings == []
        assert list(papers.find_wrong_papers(database, None, store.measure, lambda: None)) == []
        looks += 1
    for thread in threads:
        thread.join()
    assert database.read(books.verify).invoices == 1 + 3 * ROUNDS
