"""Connections that are lost: before the commit a command is done once more, in the commit nobody knows."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from sqlalchemy import Connection, select, text

from invoicing.errors import DatabaseUnavailable, ServerOutdated
from invoicing.storage.database import Database
from invoicing.storage.failures import Outage
from invoicing.storage.tables import accounts
from tests.conftest import FreshUrl
from tests.support import factories
from tests.support.patience import until

TERMINATE = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND wait_event_type = 'Lock'"
)
WAIT_AT_COMMIT = """
CREATE TABLE held ();
CREATE FUNCTION wait_for_held() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN LOCK TABLE held; RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER at_commit AFTER UPDATE ON accounts DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION wait_for_held()
"""


@pytest.fixture
def url(fresh_postgresql: FreshUrl) -> Iterator[str]:
    with fresh_postgresql() as url:
        yield url


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    database = Database(url)
    yield database
    database.close()


class Rename:
    """A command that counts how often it was begun."""

    times = 0

    def __call__(self, connection: Connection) -> None:
        self.times += 1
        connection.execute(text("UPDATE accounts SET name = 'New'"))


def names(database: Database) -> list[str]:
    return list(database.read(lambda connection: connection.execute(select(accounts.c.name))).scalars())


def cut_off(url: str, database: Database, command: Rename, table: str) -> None:
    """Runs the command, which waits for a lock on the table, and ends its connection there, once."""
    with psycopg.connect(url) as holder, psycopg.connect(url, autocommit=True) as administrator:
        holder.execute(f"LOCK TABLE {table}".encode())
        with ThreadPoolExecutor(1) as threads:
            changing = threads.submit(database.write, command)
            until(lambda: administrator.execute(TERMINATE).fetchall())
            holder.rollback()
            changing.result()


def test_an_outage_is_told_once_and_that_the_server_is_outdated_too() -> None:
    told: list[type[Exception] | None] = []
    outage = Outage(lambda failure: told.append(None if failure is None else type(failure)))
    for failure in (DatabaseUnavailable(), DatabaseUnavailable(), ServerOutdated(), ServerOutdated()):
        with pytest.raises(DatabaseUnavailable), outage.translated():
            raise failure
    for _ in range(2):
        with outage.translated():
            pass
    assert told == [DatabaseUnavailable, ServerOutdated, None]


def test_a_command_whose_connection_is_lost_before_the_commit_is_done_once_more(
    url: str, database: Database
) -> None:
    factories.principal(database, name="Old")
    command = Rename()
    cut_off(url, database, command, "accounts")
    assert (command.times, names(database)) == (2, ["New"])


def test_a_connection_that_is_lost_in_the_commit_is_said_and_nothing_is_done_again(
    url: str, database: Database
) -> None:
    factories.principal(database, name="Old")
    with psycopg.connect(url, autocommit=True) as administrator:
        administrator.execute(WAIT_AT_COMMIT)
    command = Rename()
    with pytest.raises(DatabaseUnavailable, match="same id or idempotency key"):
        cut_off(url, database, command, "held")
    assert (command.times, names(database)) == (1, ["Old"])
