"""A job that is begun again at the very moment at which it ends: neither waits for the other for ever."""

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
from tests.support import factories
from tests.support.factories import NOW

_WAITS = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@pytest.fixture
def meanwhile(database: Database, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs one command while another, that ends a job, has ended it and nothing else yet."""
    finish = outbox.finish

    def run(ending: Callable[[], Any], beginning: Callable[[], Any]) -> None:
        with ThreadPoolExecutor(1) as pool:

            def finished(connection: Connection, jobs: list[Job]) -> set[str]:
                held = finish(connection, jobs)
                begun.append(pool.submit(beginning))
                while not (database.is_sqlite or begun[0].done() or _is_held_up(database)):
                    pass
                return held

            begun: list[Any] = []
            monkeypatch.setattr(outbox, "finish", finished)
            ending()
            begun[0].result()
            monkeypatch.setattr(outbox, "finish", finish)

    return run


def _is_held_up(database: Database) -> bool:
    return database.read(lambda connection: bool(connection.execute(_WAITS).scalar()))


def printed(database: Database) -> Callable[[], Any]:
    """The one job that is due, done."""
    (due,) = database.write(pdf.claim, most=9, now=NOW)
    papers = [RenderedPdf(due.job, "key", 1, "sum")]
    return partial(database.write, pdf.record, papers, [], now=NOW)


def test_a_pdf_is_asked_for_again_while_it_is_recorded(
    database: Database, principal: Principal, meanwhile: Any
) -> None:
    invoice = factories.invoice(database, principal)
    again = partial(database.write, from_orders.retry_pdf, principal, invoice.id, now=NOW)
    for _ in range(3):
        meanwhile(printed(database), again)
        assert database.read(queries.found_invoice, principal, invoice.id).pdf_key is None
    printed(database)()
    assert database.read(queries.found_invoice, principal, invoice.id).pdf_key == "key"


def test_a_webhook_is_replayed_while_its_delivery_is_recorded(
    database: Database, principal: Principal, meanwhile: Any
) -> None:
    given = {"url": "https://shop.example/hooks", "events": ["invoice.created"]}
    database.write(endpoints.create_webhook_endpoint, principal, given, now=NOW)
    factories.invoice(database, principal)
    delivery = database.read(lambda connection: connection.execute(select(webhook_deliveries)).one())

    def delivered() -> Callable[[], Any]:
        (due,) = database.write(deliveries.claim_deliveries, most=9, now=NOW, lease=LEASE)
        return partial(
            database.write, deliveries.record_result, due, DeliveryResult(status=204), jitter=0.5, now=NOW
        )

    replay = partial(database.write, webhook_log.replay_webhook_delivery, principal, delivery.id, now=NOW)
    for _ in range(3):
        meanwhile(delivered(), replay)
        found = database.read(webhook_log.find_delivery, principal, delivery.id)
        assert (found.status, found.attempts) == ("PENDING", 0)
    delivered()()
    assert database.read(webhook_log.find_delivery, principal, delivery.id).status == "DELIVERED"
