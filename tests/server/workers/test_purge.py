"""The worker purges step by step, and counts what it deleted."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select

from invoicing.access import Principal
from invoicing.payments.charges import PATIENCE
from invoicing.retention.purge import ROWS
from invoicing.storage import outbox
from invoicing.storage.database import Database
from invoicing.storage.tables import new_id, webhook_deliveries
from invoicing.webhooks.deliveries import JITTER, RETRY_DELAYS
from server.metrics import Metrics
from server.settings import Settings
from server.workers import charges, webhooks
from server.workers.purge import Purger
from tests.support.webhook_listener import endpoint

pytestmark = pytest.mark.anyio


def add(database: Database, who: Principal, count: int) -> None:
    """Messages that arrived 31 days ago."""
    hook, _ = endpoint(database, who)
    row = {
        "account_id": who.account_id,
        "endpoint_id": hook.id,
        "url": hook.url,
        "event": "webhook.test",
        "body": "{}",
        "status": "DELIVERED",
        "attempts": 1,
        "created_at": datetime.now(UTC) - timedelta(days=31),
    }
    rows = [{**row, "id": new_id(), "message_id": new_id()} for _ in range(count)]
    database.write(lambda connection: connection.execute(insert(webhook_deliveries), rows))


async def test_steps_follow_until_nothing_is_old(database: Database, principal: Principal) -> None:
    add(database, principal, ROWS + 1)
    metrics = Metrics()
    purger = Purger(database, Settings().retention, metrics)
    assert [await purger.step() for _ in range(2)] == [True, False]
    name = "invoicing_purged_rows_total"
    assert metrics.registry.get_sample_value(name, {"table": "webhook_deliveries"}) == ROWS + 1
    assert database.read(lambda connection: connection.execute(select(webhook_deliveries)).all()) == []


async def test_two_workers_do_each_other_no_harm(database: Database, principal: Principal) -> None:
    add(database, principal, 3 * ROWS)
    purgers = [Purger(database, Settings().retention, Metrics()) for _ in range(2)]
    for _ in range(3):
        await asyncio.gather(*(purger.step() for purger in purgers))
    assert database.read(lambda connection: connection.execute(select(webhook_deliveries)).all()) == []


async def test_jobs_that_a_clock_ahead_has_left_in_the_future_are_due_soon(
    database: Database, principal: Principal
) -> None:
    now = datetime.now(UTC)
    waits = {
        "at work": timedelta(),
        "waiting": timedelta(days=365),
        "patient": timedelta(hours=8, minutes=50),
    }
    for subject, wait in waits.items():
        database.write(outbox.enqueue, principal.account_id, "kind", subject, now=now, wait=wait)
    ahead = now + timedelta(days=30)
    database.write(outbox.claim, "kind", most=1, now=ahead)
    metrics = Metrics()
    await Purger(database, Settings().retention, metrics).step()
    assert metrics.registry.get_sample_value("invoicing_outbox_brought_back_total") == 2
    assert database.write(outbox.claim, "kind", most=9, now=now) == []  # who works on it has a minute more
    due = database.write(outbox.claim, "kind", most=9, now=now + timedelta(minutes=2))
    assert {job.subject_id for job in due} == {"at work", "waiting"}


def test_no_job_waits_for_longer_than_the_longest_wait() -> None:
    waits = [
        *(delay * (1 + JITTER) for delay in RETRY_DELAYS),
        *(timedelta(seconds=4 ** (attempt - 1)) for attempt in range(1, outbox.MAX_ATTEMPTS)),
        timedelta(seconds=charges.LONGEST_WAIT),
        PATIENCE,
        *(module.LEASE for module in (outbox, charges, webhooks)),
    ]
    assert max(waits) < outbox.LONGEST_WAIT


def test_the_settings_say_how_long(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().retention.webhook_deliveries == timedelta(days=30)
    monkeypatch.setenv("INVOICING_KEEP_WEBHOOK_DELIVERIES_DAYS", "0")
    monkeypatch.setenv("INVOICING_KEEP_CUSTOMER_SESSIONS_DAYS", "7")
    kept = Settings().retention
    assert (kept.webhook_deliveries, kept.customer_sessions) == (None, timedelta(days=7))
