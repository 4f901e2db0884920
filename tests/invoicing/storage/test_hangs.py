"""A PostgreSQL that takes connections and says nothing: nobody waits for it without end."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Connection, text

from invoicing.errors import DatabaseUnavailable
from invoicing.storage.database import Database
from tests.support import factories
from tests.support.own_postgresql import OwnPostgresql, own_postgresql
from tests.support.patience import PATIENCE, until

NAME = "SELECT name FROM accounts"
SESSIONS = (
    "SELECT pg_stat_clear_snapshot(), sessions FROM pg_stat_database WHERE datname = current_database()"
)
LOST_IN_COMMIT = "same id or idempotency key"


@pytest.fixture
def postgresql() -> Iterator[OwnPostgresql]:
    with own_postgresql() as running:
        yield running


@pytest.fixture
def database(postgresql: OwnPostgresql) -> Iterator[Database]:
    database = Database(postgresql.url)
    yield database
    postgresql.thaw()
    database.close()


def name(connection: Connection) -> Any:
    return connection.execute(text(NAME)).scalar_one()


def renamed(connection: Connection, name: str) -> None:
    connection.execute(text("UPDATE accounts SET name = :name"), {"name": name})


class Begun:
    """Work that waits between its begin and its first statement until PostgreSQL is frozen."""

    def __init__(self, number: int) -> None:
        self.all_are = threading.Barrier(number + 1)
        self.is_frozen = threading.Event()

    def reads(self, connection: Connection) -> Any:
        self._wait()
        return name(connection)

    def changes(self, connection: Connection) -> None:
        self._wait()
        renamed(connection, "Lost")

    def _wait(self) -> None:
        self.all_are.wait(PATIENCE)
        self.is_frozen.wait(PATIENCE)


def works(database: Database) -> bool:
    try:
        return bool(database.read(name))
    except DatabaseUnavailable:
        return False


def test_what_waits_for_a_postgresql_that_hangs_is_given_up(
    database: Database, postgresql: OwnPostgresql
) -> None:
    factories.principal(database, name="Old")
    begun = Begun(3)

    def freeze(connection: Connection) -> None:
        renamed(connection, "New")
        begun.all_are.wait(PATIENCE)
        postgresql.freeze()
        begun.is_frozen.set()

    with ThreadPoolExecutor(4) as threads:
        given_up = [
            threads.submit(database.read, begun.reads),
            threads.submit(lambda: asyncio.run(database.read_for("account", begun.reads))),
            threads.submit(database.write, begun.changes),
        ]
        in_commit = threads.submit(database.write, freeze)
        for each in given_up:
            failure = each.exception(PATIENCE)
            assert isinstance(failure, DatabaseUnavailable)
            assert LOST_IN_COMMIT not in str(failure)
        failure = in_commit.exception(PATIENCE)
        assert isinstance(failure, DatabaseUnavailable)
        assert LOST_IN_COMMIT in str(failure)
    for refused in (database.read, database.write):  # at once, as it is known to hang
        with pytest.raises(DatabaseUnavailable):
            refused(name)
    postgresql.thaw()
    until(lambda: works(database))
    assert database.read(name) in ("Old", "New")
    database.write(renamed, "Newest")
    assert asyncio.run(database.read_for("account", name)) == "Newest"


def test_what_only_takes_long_is_not_given_up(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("invoicing.storage.hangs.SUSPICIOUS", 0)
    monkeypatch.setattr("invoicing.storage.hangs.PERIOD", 0.01)
    factories.principal(database, name="Old")

    def waits(connection: Connection) -> str:
        """Until others have connected twice, as they do to find out whether it hangs."""
        before = connection.execute(text(SESSIONS)).one().sessions
        until(lambda: connection.execute(text(SESSIONS)).one().sessions > before + 1)
        return str(name(connection))

    assert database.write(waits) == "Old"
