"""A job that is restarted while a worker finishes it: the two do not deadlock."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, select, text

from invoicing.access import Principal
from invoicing.invoices import from_orders, pdf, queries
from invoicing.invoices.pdf import RenderedPdf
from invoicing.storage import outbox
from invoicing.storage.database import Database
from invoicing.storage.outbox import LEASE
from invoicing.storage.tables import Job, webhook_deliveries
from invoicing.webhooks import deliveries, endpoints
from invoicing.webhooks import log as webhook_log
from invoicing.webhooks.deliveries import DeliveryResult
from invoicing.webhooks.values import CreateWebhookEndpointValues
from tests.support import factories
from tests.support.factories import NOW
from tests.support.webhook_listener import KEYRING

_WAITING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@pytest.fixture
def run_during_finish(database: Database, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs `restart` after the other command has finished the job, but before it commits."""
    finish = outbox.finish

    def run(finish_job: Callable[[], Any], restart: Callable[[], Any]) -> None:
        with ThreadPoolExecutor(1) as pool:

            def finished(connection: Connection, jobs: list[Job]) -> set[str]:
                held = finish(connection, jobs)
                restarts.append(pool.submit(restart))
                while not (database.is_sqlite or restarts[0].done() or _is_waiting_for_lock(database)):
                    pass
                return held

            restarts: list[Any] = []
            monkeypatch.setattr(outbox, "finish", finished)
            finish_job()
            restarts[0].result()
            monkeypatch.setattr(outbox, "finish", finish)

    return run


def _is_waiting_for_lock(database: Database) -> bool:
    return database.read(lambda connection: bool(connection.execute(_WAITING).scalar()))


def claim_pdf(database: Database) -> Callable[[], Any]:
    """Claims the one due job; returns the call that records its PDF."""
    (due,) = database.write(pdf.claim, most=9, now=NOW)
    rendered = [RenderedPdf(due.job, "key", 1, "sum")]
    return partial(database.write, pdf.record, rendered, [], now=NOW)


def test_a_pdf_is_requested_again_while_it_is_recorded(
    database: Database, principal: Principal, run_during_finish: Any
) -> None:
    invoice = factories.invoice(database, principal)
    again = partial(database.write, from_orders.retry_pdf, principal, invoice.id, now=NOW)
    for _ in range(3):
        run_during_finish(claim_pdf(database), again)
        assert database.read(queries.found_invoice, principal, invoice.id).pdf_key is None
    claim_pdf(database)()
    assert database.read(queries.found_invoice, principal, invoice.id).pdf_key == "key"


def test_a_webhook_is_replayed_while_its_delivery_is_recorded(
    database: Database, principal: Principal, run_during_finish: Any
) -> None:
    given: CreateWebhookEndpointValues = {"url": "https://shop.example/hooks", "events": ["invoice.created"]}
    database.write(endpoints.create_webhook_endpoint, principal, given, keyring=KEYRING, now=NOW)
    factories.invoice(database, principal)
    delivery = database.read(lambda connection: connection.execute(select(webhook_deliveries)).one())

    def claim_delivery() -> Callable[[], Any]:
        (due,) = database.write(deliveries.claim_deliveries, most=9, now=NOW, lease=LEASE)
        return partial(
            database.write, deliveries.record_result, due, DeliveryResult(status=204), jitter=0.5, now=NOW
        )

    replay = partial(database.write, webhook_log.replay_webhook_delivery, principal, delivery.id, now=NOW)
    for _ in range(3):
        run_during_finish(claim_delivery(), replay)
        found = database.read(webhook_log.find_delivery, principal, delivery.id)
        assert (found.status, found.attempts) == ("PENDING", 0)
    claim_delivery()()
    assert database.read(webhook_log.find_delivery, principal, delivery.id).status == "DELIVERED"
