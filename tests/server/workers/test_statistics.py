"""The server has PostgreSQL look at its tables while they grow."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from invoicing.errors import DatabaseUnavailable
from invoicing.storage import postgresql_statistics
from invoicing.storage.database import Database
from server.workers import statistics

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_it_goes_on_after_a_failure(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    failures: list[Exception] = [
        DatabaseUnavailable("Away."),
        OperationalError("ANALYZE", {}, Exception("no")),
    ]
    loop, is_done = asyncio.get_running_loop(), asyncio.Event()

    def collect(_: Connection) -> Sequence[str]:
        if failures:
            raise failures.pop(0)
        loop.call_soon_threadsafe(is_done.set)
        return []

    monkeypatch.setattr(statistics, "INTERVAL", 0.0)
    monkeypatch.setattr(postgresql_statistics, "collect", collect)
    async with statistics.collecting_statistics(database):
        await is_done.wait()
    assert failures == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_sqlite_needs_none(database: Database) -> None:
    before = asyncio.all_tasks()
    async with statistics.collecting_statistics(database):
        assert asyncio.all_tasks() == before
