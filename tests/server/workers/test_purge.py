"""The worker purges step by step, and counts what it deleted."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select

from invoicing.access import Principal
from invoicing.retention.purge import ROWS
from invoicing.storage.database import Database
from invoicing.storage.tables import new_id, webhook_deliveries
from server.metrics import Metrics
from server.settings import Settings
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


def test_the_settings_say_how_long(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().retention.webhook_deliveries == timedelta(days=30)
    monkeypatch.setenv("INVOICING_KEEP_WEBHOOK_DELIVERIES_DAYS", "0")
    monkeypatch.setenv("INVOICING_KEEP_CUSTOMER_SESSIONS_DAYS", "7")
    kept = Settings().retention
    assert (kept.webhook_deliveries, kept.customer_sessions) == (None, timedelta(days=7))
