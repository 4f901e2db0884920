"""What Prometheus reads: requests by operation and how they ended, the work that waits, the PDFs."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import update

from documents.store import FileStore
from invoicing.storage import outbox, tables
from invoicing.storage.database import Database
from server.metrics import MOST_OPERATIONS, OTHERS, Metrics
from server.workers.pdf import PdfWorker
from tests.conftest import FreshUrl
from tests.invoicing.storage.test_deadlocks import run_deadlock
from tests.support import factories
from tests.support.client import CREATE_ORDER, INVOICE_ORDER, Client, client
from tests.support.factories import item
from tests.support.workers import fail_all


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    return client(database, tmp_path)


def samples(text: str, name: str) -> dict[tuple[str, ...], float]:
    return {
        tuple(sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name
    }


def exposed(shop: Client) -> str:
    answer = shop.without_key().request("GET", "/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return answer.text


def test_requests_are_counted_by_operation_status_and_code(shop: Client) -> None:
    for _ in range(2):
        shop.ask("query Mine { account { id } }")
    shop.post('query Other { order(id: "x") { id } }')
    shop.post("{ account { id } }")
    shop.post("{ nothing")
    shop.without_key().post("query Mine { account { id } }")
    shop.request("GET", "/documents/secret/1.pdf")
    shop.request("GET", "/nowhere")
    counted = samples(exposed(shop), "invoicing_requests_total")
    assert counted == {
        ("", "Mine", "200"): 2,
        ("NOT_FOUND", "Other", "200"): 1,
        ("", "/graphql", "200"): 1,
        ("GRAPHQL_PARSE_FAILED", "/graphql", "200"): 1,
        ("UNAUTHORIZED", "/graphql", "401"): 1,
        ("", "/documents/{token}/{filename:path}", "403"): 1,
        ("", "(unnamed)", "404"): 1,
    }
    assert samples(exposed(shop), "invoicing_request_seconds_count")["Mine",] == 2
    assert samples(exposed(shop), "invoicing_request_seconds_sum")["Mine",] > 0


def test_callers_cannot_make_ever_more_labels() -> None:
    metrics = Metrics()
    for number in range(3 * MOST_OPERATIONS):
        metrics.count_request(f"Operation{number}", 200, "", 0.001)
    counted = metrics.registry.get_sample_value
    assert counted("invoicing_requests_total", {"operation": OTHERS, "status": "200", "code": ""}) == 400
    assert len(list(metrics._operations)) == MOST_OPERATIONS


def test_the_work_that_waits_is_told(shop: Client, tmp_path: Path) -> None:
    assert samples(exposed(shop), "invoicing_outbox_jobs") == {}
    for number in ("1", "2"):
        shop.ask(CREATE_ORDER, input={"id": number, "billing_name": "Ann", "items": [item(id=number)]})
        shop.ask(INVOICE_ORDER, input={"order_id": number})
    waiting = exposed(shop)
    assert samples(waiting, "invoicing_outbox_jobs") == {("invoice.render",): 2}
    assert samples(waiting, "invoicing_outbox_parked_jobs") == {("invoice.render",): 0}
    assert 0 < samples(waiting, "invoicing_outbox_oldest_due_seconds")["invoice.render",] < 60
    asyncio.run(PdfWorker(shop.database, FileStore(tmp_path / "documents")).drain())
    assert samples(exposed(shop), "invoicing_outbox_jobs") == {}


def test_a_backlog_knows_what_is_due_what_is_held_and_what_was_given_up(database: Database) -> None:
    account_id, now = factories.principal(database).account_id, factories.NOW
    for number, age in enumerate((30, 20, 10)):
        due = now - timedelta(seconds=age)
        database.write(outbox.enqueue, account_id, outbox.RENDER_INVOICE, str(number), now=due)
    (found,) = database.read(outbox.backlog, now=now)
    assert (found.waiting, found.parked, found.due_since) == (3, 0, now - timedelta(seconds=30))
    (held,) = database.write(outbox.claim, outbox.RENDER_INVOICE, most=1, now=now)
    (found,) = database.read(outbox.backlog, now=now)
    assert (found.waiting, found.due_since) == (3, now - timedelta(seconds=20))
    database.write(outbox.finish, [held])
    given_up = update(tables.outbox).where(tables.outbox.c.subject_id == "1").values(failed_at=now)
    database.write(lambda connection: connection.execute(given_up))
    (found,) = database.read(outbox.backlog, now=now)
    assert (found.waiting, found.parked) == (1, 1)


def test_deadlocks_are_counted(fresh_postgresql: FreshUrl, tmp_path: Path) -> None:
    with fresh_postgresql() as url:
        database = Database(url)
        shop = client(database, tmp_path)
        assert samples(exposed(shop), "invoicing_deadlocks_total") == {(): 0}
        run_deadlock(database)
        (counted,) = samples(exposed(shop), "invoicing_deadlocks_total").values()
        assert counted >= 1  # on a busy machine both transactions may be rolled back
        database.close()


def test_pdfs_are_counted_where_they_are_made(shop: Client, tmp_path: Path) -> None:
    shop.ask(CREATE_ORDER, input={"id": "o", "billing_name": "Ann", "items": [item(id="a"), item(id="b")]})
    shop.ask(INVOICE_ORDER, input={"order_id": "o"})
    store, metrics = FileStore(tmp_path / "documents"), Metrics()
    asyncio.run(PdfWorker(shop.database, store, render=fail_all, metrics=metrics).drain())
    value = metrics.registry.get_sample_value
    assert (value("invoicing_pdfs_made_total"), value("invoicing_pdfs_failed_total")) == (0, 1)
    again = update(tables.outbox).values(run_after=factories.NOW)
    shop.database.write(lambda connection: connection.execute(again))
    asyncio.run(PdfWorker(shop.database, store, metrics=metrics).drain())
    assert (value("invoicing_pdfs_made_total"), value("invoicing_pdfs_failed_total")) == (1, 1)
    assert value("invoicing_render_seconds_count") == 1
    assert 0 < (value("invoicing_render_seconds_sum") or 0) < 60


def test_metrics_may_have_a_key_of_their_own(database: Database, tmp_path: Path) -> None:
    shop = client(database, tmp_path, metrics_token="scraper")
    for token in (None, "wrong", "", "Bearer", "scraperé"):
        headers = {} if token is None else {"authorization": f"Bearer {token}".encode()}
        refused = shop.without_key().request("GET", "/metrics", headers=headers)
        assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
        assert "invoicing_" not in refused.text
    assert shop.request("GET", "/metrics").status_code == 401  # a key to an account opens nothing here
    scraper = shop.without_key().request("GET", "/metrics", headers={"authorization": "Bearer scraper"})
    assert scraper.status_code == 200
