"""What fails in the middle of a command: it is done once more, or nothing of it is, and the next one works.

Connections are lost: before the commit a command is done once more, in the commit nobody knows.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, event, select, text
from sqlalchemy.exc import DBAPIError, OperationalError

from invoicing.errors import DatabaseUnavailable, NotFound, ServerOutdated
from invoicing.storage import changes
from invoicing.storage.database import Database
from invoicing.storage.failures import Outage, is_lost
from invoicing.storage.postgresql_savepoint import savepoint
from invoicing.storage.postgresql_session import PREPARED_AFTER
from invoicing.storage.prepared import Prepared
from invoicing.storage.tables import accounts
from tests.conftest import FreshUrl
from tests.support import factories
from tests.support.own_postgresql import OwnPostgresql, own_postgresql
from tests.support.patience import PATIENCE, until

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


OUT_OF_MEMORY = """if True:
    import sys
    from sqlalchemy import Connection, text
    from invoicing.errors import DatabaseUnavailable
    from invoicing.storage.database import Database

    def enlarge(connection: Connection) -> None:
        connection.execute(text("UPDATE accounts SET name = 'half done'"))
        with connection.begin_nested():
            connection.execute(text("UPDATE accounts SET name = hex(zeroblob(20000000))")).close()

    database = Database(sys.argv[1])
    rename = lambda name: database.write(lambda c: c.execute(text(f"UPDATE accounts SET name = '{name}'")))
    database.write(lambda connection: connection.exec_driver_sql("PRAGMA hard_heap_limit = 10000000").close())
    for work in (lambda: database.write(enlarge), lambda: database.read(enlarge)):
        try:
            work()
        except DatabaseUnavailable as refusal:
            print(type(refusal.__cause__).__name__)
    print(database.read(lambda c: c.execute(text("SELECT name FROM accounts")).scalar_one()))
    rename("after")
    database.close()
"""
DISK_FULL = """
CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER full_disk BEFORE UPDATE ON accounts FOR EACH ROW EXECUTE FUNCTION fill()
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


RENAME = Rename()


def rename_in_a_savepoint(connection: Connection) -> None:
    with connection.begin_nested():
        RENAME(connection)


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


@pytest.mark.parametrize("setting", ["idle_in_transaction_session_timeout", "transaction_timeout"])
def test_a_connection_that_postgresql_ends_while_it_is_set_up_is_an_outage(
    url: str, database: Database, setting: str
) -> None:
    there = "SELECT 1 FROM pg_stat_activity WHERE pid = %s"
    with psycopg.connect(url, autocommit=True) as administrator:
        if administrator.info.server_version < 170_000 and setting == "transaction_timeout":
            pytest.skip("PostgreSQL 17 has it")

        @event.listens_for(database._engine, "connect")
        def end(connection: Any, _: Any) -> None:
            connection.execute(f"SET {setting} = 1")
            until(lambda: not administrator.execute(there, [connection.info.backend_pid]).fetchall())
            connection.execute("SELECT 1")

        with pytest.raises(DatabaseUnavailable):
            database.write(RENAME)
        event.remove(database._engine, "connect", end)
    database.write(RENAME)


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


def test_sqlite_without_memory_is_unavailable_and_does_what_needs_less(fresh_sqlite: FreshUrl) -> None:
    with fresh_sqlite() as url:
        database = Database(url)
        factories.principal(database, name="Old")
        done = subprocess.run(
            [sys.executable, "-c", OUT_OF_MEMORY, url], capture_output=True, text=True, timeout=PATIENCE
        )
        assert (done.stdout.split(), done.stderr) == (["MemoryError", "MemoryError", "Old"], "")
        assert names(database) == ["after"]
        database.close()


class CutOff:
    """A command that loses its connection, the first time, when `lose` is called."""

    def __init__(self, url: str, command: Callable[[Connection, Callable[[], None]], None]) -> None:
        self._url = url
        self._command = command
        self.times = 0

    def __call__(self, connection: Connection) -> None:
        self.times += 1
        pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()

        def lose() -> None:
            if self.times == 1:
                with psycopg.connect(self._url, autocommit=True) as administrator:
                    administrator.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])

        self._command(connection, lose)


def lose_before_a_savepoint(connection: Connection, lose: Callable[[], None]) -> None:
    lose()
    rename_in_a_savepoint(connection)


def lose_in_a_savepoint(connection: Connection, lose: Callable[[], None]) -> None:
    with connection.begin_nested():
        lose()
        RENAME(connection)


def lose_before_the_release(connection: Connection, lose: Callable[[], None]) -> None:
    with connection.begin_nested():
        RENAME(connection)
        lose()


def lose_before_the_savepoint_is_undone(connection: Connection, lose: Callable[[], None]) -> None:
    with suppress(NotFound), connection.begin_nested():
        lose()
        raise NotFound
    RENAME(connection)


def lose_in_a_savepoint_of_ours(connection: Connection, lose: Callable[[], None]) -> None:
    changes.forget(connection)
    with savepoint(connection):
        RENAME(connection)
        lose()
        RENAME(connection)


def lose_before_the_release_of_ours(connection: Connection, lose: Callable[[], None]) -> None:
    changes.forget(connection)
    with savepoint(connection):
        RENAME(connection)
        lose()


def lose_before_ours_is_undone(connection: Connection, lose: Callable[[], None]) -> None:
    changes.forget(connection)
    with suppress(NotFound), savepoint(connection):
        RENAME(connection)
        lose()
        raise NotFound
    RENAME(connection)


@pytest.mark.parametrize(
    "command",
    [
        lose_in_a_savepoint_of_ours,
        lose_before_the_release_of_ours,
        lose_before_ours_is_undone,
        lose_before_a_savepoint,
        lose_in_a_savepoint,
        lose_before_the_release,
        lose_before_the_savepoint_is_undone,
    ],
)
def test_a_connection_that_is_lost_around_a_savepoint_is_as_any_other(
    url: str, database: Database, command: Callable[[Connection, Callable[[], None]], None]
) -> None:
    factories.principal(database, name="Old")
    cut_off = CutOff(url, command)
    database.write(cut_off)
    assert (cut_off.times, names(database)) == (2, ["New"])


def test_a_full_disk_of_postgresql_is_unavailable_in_a_savepoint_too(url: str, database: Database) -> None:
    factories.principal(database, name="Old")
    with psycopg.connect(url, autocommit=True) as administrator:
        administrator.execute(DISK_FULL)
        for command in (RENAME, rename_in_a_savepoint):
            with pytest.raises(DatabaseUnavailable):
                database.write(command)
        administrator.execute("DROP TRIGGER full_disk ON accounts")
    assert names(database) == ["Old"]
    database.write(RENAME)
    assert names(database) == ["New"]


def test_postgresql_stores_nothing_of_a_command_that_goes_on_after_a_refusal_and_says_so(
    database: Database,
) -> None:
    factories.principal(database, name="Old")

    def go_on(connection: Connection) -> None:
        RENAME(connection)
        with suppress(DBAPIError):
            connection.execute(text("SELECT 1 / 0"))

    with pytest.raises(RuntimeError, match="rolled back"):
        database.write(go_on)
    assert names(database) == ["Old"]


NAMES = Prepared(select(accounts.c.name))


@pytest.fixture
def crashing() -> Iterator[OwnPostgresql]:
    with own_postgresql() as server:
        yield server


@pytest.mark.parametrize("engine", ["_engine", "_in_time"])  # one has transactions, the other has none
def test_connections_that_end_in_a_crash_of_postgresql_are_given_up(
    crashing: OwnPostgresql, engine: str
) -> None:
    """A server that crashes may say so before it ends the connection. Then the first failure is to send."""
    database = Database(crashing.url)
    pool: Any = getattr(database, engine)
    with ExitStack() as opened:
        connections = [opened.enter_context(pool.connect()) for _ in range(3)]
        for times, connection in enumerate(connections, PREPARED_AFTER - 1):
            for _ in range(times):
                assert NAMES.fetch(connection, {})[1] == []
            connection.rollback()
        NAMES.fetch(connections[0], {})  # which begins a transaction, if there are any
        crashing.crash()
        for connection in connections:
            with pytest.raises(OperationalError) as lost:
                NAMES.fetch(connection, {})
            assert is_lost(lost.value)
    assert database.read(lambda connection: NAMES.fetch(connection, {})[1]) == []
    database.close()
