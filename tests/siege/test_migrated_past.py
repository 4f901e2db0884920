"""A server whose database is migrated past it stops writing at once; what it had begun is finished first."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from sqlalchemy import Connection, select, text
from structlog.testing import capture_logs

from documents.store import FileStore
from invoicing.access import Principal
from invoicing.errors import ServerOutdated
from invoicing.storage import migrations, tables
from invoicing.storage.database import Database
from invoicing.storage.migrations import running
from server.workers.pdf import PdfWorker
from tests.support import factories
from tests.support.client import CREATE_ORDER, client
from tests.support.patience import PATIENCE, until
from tests.support.rest_door import Door

COUNT = "{ orders { totalCount } }"
ORDER = {"billing_name": "Ann Baker", "items": [factories.item()]}
WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)
NAMES = select(tables.accounts.c.name)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """As a server opens it."""
    database = Database(database_url)
    database.hold_to(migrations.newest())
    yield database
    database.close()


@pytest.fixture
def newer(database_url: str) -> Iterator[Database]:
    """As the command `migrate` of the next version opens it."""
    database = Database(database_url)
    yield database
    database.close()


def migrate(connection: Connection, begun: Event, may_end: Event) -> None:
    """Locks as a migration does, and is the next version once it ends."""
    if connection.dialect.name == "postgresql":
        running.lock_commands_out(connection)
    connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    begun.set()
    assert may_end.wait(PATIENCE)


def migrate_at_once(newer: Database) -> None:
    may_end = Event()
    may_end.set()
    newer.write(migrate, Event(), may_end)


def names(database: Database) -> list[Any]:
    return list(database.read(lambda connection: connection.execute(NAMES)).scalars())


def lock_waits(database: Database) -> int:
    return int(database.read(lambda connection: connection.execute(text(WAITING)).scalar_one()))


def test_it_refuses_every_change_and_goes_on_reading(
    database: Database, newer: Database, tmp_path: Path
) -> None:
    shop = client(database, tmp_path)
    shop.ask(CREATE_ORDER, input=ORDER)
    migrate_at_once(newer)
    with capture_logs() as logs:
        for _ in range(3):
            answer = shop.post(CREATE_ORDER, input=ORDER)
            (error,) = answer.json()["errors"]
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
            assert error["extensions"]["code"] == "SERVER_OUTDATED"
    told = [entry for entry in logs if entry["event"] == "the database cannot be written"]
    assert [entry["reason"] for entry in told] == [f"ServerOutdated: {ServerOutdated.__doc__}"]
    door = Door(shop, {"accesstoken": str(shop.token)})
    assert door.ask("POST", "/invoices", {"orderId": "1"}).status_code == 503
    assert shop.ask(COUNT)["orders"]["totalCount"] == 1
    assert shop.request("GET", "/readyz").json()["database"] == "is not at the version of this server"


def test_a_worker_takes_no_job(database: Database, newer: Database, store: FileStore) -> None:
    principal = factories.principal(database)
    factories.invoice(database, principal)
    migrate_at_once(newer)
    worker = PdfWorker(database, store, processes=1)
    assert asyncio.run(worker.drain()) == 0
    attempts = select(tables.outbox.c.attempts, tables.outbox.c.lease_token)
    assert database.read(lambda connection: connection.execute(attempts).all()) == [(0, None)]


@pytest.mark.parametrize("earlier", [0, 10])  # psycopg prepares what it has executed five times
def test_a_command_that_waits_while_a_migration_commits_is_refused(
    database: Database, newer: Database, earlier: int
) -> None:
    for number in range(earlier):
        factories.principal(database, name=str(number))
    begun, may_end = Event(), Event()
    with ThreadPoolExecutor(2) as threads:
        migrating = threads.submit(newer.write, migrate, begun, may_end)
        assert begun.wait(PATIENCE)
        changing = threads.submit(factories.principal, database, name="Late")
        if not database.is_sqlite:
            until(lambda: lock_waits(database))
        may_end.set()
        migrating.result()
        with pytest.raises(ServerOutdated):
            changing.result()
    assert sorted(names(database)) == [str(number) for number in range(earlier)]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite has one writer
def test_a_migration_waits_for_the_commands_that_have_begun(database: Database, newer: Database) -> None:
    principal = factories.principal(database)
    begun, may_end, migrated = Event(), Event(), Event()

    def rename(connection: Connection, _: Principal) -> None:
        begun.set()
        assert may_end.wait(PATIENCE)
        connection.execute(text("UPDATE accounts SET name = 'Early'"))

    migrated.set()  # it ends as soon as it has begun
    with ThreadPoolExecutor(2) as threads:
        changing = threads.submit(database.write, rename, principal)
        assert begun.wait(PATIENCE)
        migrating = threads.submit(newer.write, migrate, Event(), migrated)
        until(lambda: lock_waits(database))
        may_end.set()
        changing.result()
        migrating.result()
    assert names(database) == ["Early"]
    with pytest.raises(ServerOutdated):
        factories.principal(database)
