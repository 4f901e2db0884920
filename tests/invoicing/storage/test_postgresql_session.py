"""On PostgreSQL, a statement that is put off goes with the next one: never lost, never done without it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import (
    Connection,
    Integer,
    Text,
    bindparam,
    func,
    insert,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError

from invoicing.access import Principal
from invoicing.errors import NotFound
from invoicing.storage import changes, postgresql_session, rows
from invoicing.storage.database import Database
from invoicing.storage.postgresql_savepoint import savepoint
from invoicing.storage.postgresql_session import PREPARED_AFTER, driver_of
from invoicing.storage.prepared import Prepared
from invoicing.storage.tables import accounts, number_series, violated_constraint
from tests.conftest import FreshUrl
from tests.support import factories

ADD = Prepared(insert(number_series))
FOUND = select(number_series.c.last).where(number_series.c.type == "TEST").order_by(number_series.c.last)
ALL = Prepared(FOUND)
NAME = Prepared(select(accounts.c.name).where(accounts.c.id == bindparam("account")))
RENAME = Prepared(update(accounts).where(accounts.c.id == bindparam("account")).values(name=bindparam("new")))
LARGE = 3_000_000  # characters: more than fits into a socket


@pytest.fixture
def database(fresh_postgresql: FreshUrl) -> Iterator[Database]:
    with fresh_postgresql() as url:
        database = Database(url)
        yield database
        database.close()


@pytest.fixture
def principal(database: Database) -> Principal:
    return factories.principal(database)


@pytest.fixture
def add(principal: Principal) -> Callable[..., None]:
    def add(connection: Connection, *numbers: int) -> None:
        row = {"account_id": principal.account_id, "type": "TEST"}
        for number in numbers:
            ADD.send(connection, {**row, "period": str(number), "last": number})

    return add


def stored(database: Database) -> list[Any]:
    return database.read(lambda connection: rows.values(connection, FOUND))


Add = Callable[..., None]


def test_what_comes_next_sees_it(database: Database, add: Add) -> None:
    def work(connection: Connection) -> list[list[Any]]:
        add(connection, 1, 2)
        prepared = rows.values(connection, ALL)
        add(connection, 3)
        by_sqlalchemy = rows.values(connection, FOUND)
        add(connection, 4)
        by_the_driver = [
            last
            for (last,) in driver_of(connection)
            .execute(str(FOUND.compile(compile_kwargs={"literal_binds": True})))
            .fetchall()
        ]
        add(connection, 5)
        with connection.begin_nested():
            add(connection, 6)
        return [prepared, by_sqlalchemy, by_the_driver]

    assert database.write(work) == [[1, 2], [1, 2, 3], [1, 2, 3, 4]]
    assert stored(database) == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("times", [1, PREPARED_AFTER + 2])
def test_it_is_committed_where_nothing_comes_next(database: Database, add: Add, times: int) -> None:
    for number in range(times):
        database.write(add, number)
    assert stored(database) == [*range(times)]


def test_it_counts_as_a_change(database: Database, add: Add) -> None:
    def work(connection: Connection) -> bool:
        changes.forget(connection)
        add(connection, 1)
        return changes.were_made(connection)

    assert database.write(work)


def test_it_is_rolled_back_with_the_rest(database: Database, add: Add) -> None:
    def work(connection: Connection) -> None:
        rows.values(connection, ALL)
        add(connection, 1)
        raise LookupError

    for _ in range(PREPARED_AFTER + 2):
        with pytest.raises(LookupError):
            database.write(work)
    database.write(add, 2)
    assert stored(database) == [2]


def test_it_is_rolled_back_with_its_savepoint(database: Database, add: Add) -> None:
    def work(connection: Connection) -> None:
        add(connection, 1)
        savepoint = connection.begin_nested()
        add(connection, 2)
        savepoint.rollback()
        add(connection, 3)

    database.write(work)
    assert stored(database) == [1, 3]


@pytest.mark.parametrize("follow", ["prepared", "SQLAlchemy", "nothing"])
def test_where_it_fails_so_does_what_comes_next_and_nothing_is_stored(
    database: Database, add: Add, follow: str
) -> None:
    went_on: list[object] = []

    def work(connection: Connection) -> None:
        add(connection, 1, 1, 2)
        if follow == "prepared":
            went_on.append(rows.values(connection, ALL))
        if follow == "SQLAlchemy":
            went_on.append(rows.values(connection, FOUND))

    for _ in range(PREPARED_AFTER + 2):
        with pytest.raises(IntegrityError):
            database.write(work)
    assert went_on == []
    database.write(add, 3)
    assert stored(database) == [3]


@pytest.mark.parametrize("follow", ["prepared", "SQLAlchemy", "nothing"])
def test_a_clash_is_what_it_is_to_the_caller_wherever_it_is_found_out(
    database: Database, principal: Principal, add: Add, follow: str
) -> None:
    def work(connection: Connection) -> None:
        row = {"account_id": principal.account_id, "type": "TEST", "period": "1", "last": 1}
        ADD.send(connection, row, refusal=lambda _: AssertionError("another"))
        ADD.send(connection, {**row, "last": 2}, refusal=lambda clash: NotFound(violated_constraint(clash)))
        add(connection, 1)
        if follow == "prepared":
            rows.values(connection, ALL)
        if follow == "SQLAlchemy":
            rows.values(connection, FOUND)

    for _ in range(PREPARED_AFTER + 2):
        with pytest.raises(NotFound, match="number_series_key"):
            database.write(work)
    database.write(add, 3)
    assert stored(database) == [3]


def test_what_was_put_off_fails_with_its_own_text(database: Database, add: Add) -> None:
    def work(connection: Connection) -> None:
        add(connection, 1, 1)
        rows.values(connection, NAME, {"account": "a"})

    with pytest.raises(IntegrityError) as failure:
        database.write(work)
    assert str(failure.value.statement).startswith("INSERT INTO number_series")


def test_rows_that_are_looked_at_later_are_those_of_where_they_were_asked_for(
    database: Database, add: Add
) -> None:
    def work(connection: Connection) -> list[object]:
        before = ALL.ask(connection, {})
        add(connection, 1)
        between = ALL.ask(connection, {})
        add(connection, 2)
        after = rows.values(connection, ALL)
        alone = ALL.ask(connection, {})
        return [*(found()[1] for found in (before, between, before)), after, alone()[1]]

    for _ in range(PREPARED_AFTER):
        found = database.write(work)
        assert found == [[], [(1,)], [], [1, 2], [(1,), (2,)]]
        database.write(lambda connection: connection.execute(text("DELETE FROM number_series")))


def test_rows_that_cannot_be_read_fail_where_they_are_looked_at(database: Database) -> None:
    halved = Prepared(select(1 / (func.length(bindparam("given", type_=Text)) - 1)))

    def work(connection: Connection) -> None:
        found = halved.ask(connection, {"given": "x"})
        with pytest.raises(DataError, match="DivisionByZero"):
            found()
        raise LookupError

    with pytest.raises(LookupError):
        database.write(work)


def refused_in(connection: Connection, *done: Callable[[], object]) -> None:
    def run() -> None:
        with savepoint(connection):
            for each in done:
                each()
            raise NotFound("refused")

    with pytest.raises(NotFound):
        run()


def test_behind_a_savepoint_only_what_is_done_there_is_undone(database: Database, add: Add) -> None:
    def work(connection: Connection) -> list[object]:
        add(connection, 1)
        refused_in(connection, lambda: add(connection, 2))
        refused_in(connection, lambda: add(connection, 3), lambda: rows.values(connection, ALL))
        refused_in(connection, lambda: refused_in(connection, lambda: add(connection, 4)))
        with savepoint(connection):
            add(connection, 5)
        seen = rows.values(connection, ALL)
        add(connection, 6)
        return seen

    assert database.write(work) == [1, 5]
    assert stored(database) == [1, 5, 6]


@pytest.mark.parametrize("follow", ["prepared", "nothing"])
def test_a_savepoint_waits_for_what_is_put_off_behind_it(database: Database, add: Add, follow: str) -> None:
    def fail(connection: Connection) -> None:
        with savepoint(connection):
            add(connection, 2, 1)
            if follow == "prepared":
                rows.values(connection, ALL)

    def work(connection: Connection) -> list[object]:
        add(connection, 1)
        with pytest.raises(IntegrityError):
            fail(connection)
        return rows.values(connection, ALL)

    for _ in range(2 * PREPARED_AFTER):
        assert database.write(work) == [1]
        database.write(lambda connection: connection.execute(text("DELETE FROM number_series")))


def test_what_is_undone_with_its_savepoint_is_no_change(database: Database, add: Add) -> None:
    def work(connection: Connection) -> tuple[bool, bool]:
        changes.forget(connection)
        refused_in(connection, lambda: add(connection, 1))
        nothing = changes.were_made(connection)
        add(connection, 2)
        refused_in(connection, lambda: add(connection, 3))
        return nothing, changes.were_made(connection)

    assert database.write(work) == (False, True)


def test_what_is_large_in_both_directions_arrives(database: Database, principal: Principal) -> None:
    key = {"account": principal.account_id}

    def work(connection: Connection) -> list[int]:
        lengths = []
        for letter in "abcdefgh":
            RENAME.send(connection, {**key, "new": letter * LARGE})
            RENAME.send(connection, {**key, "new": letter * (LARGE + 1)})
            (name,) = rows.values(connection, NAME, key)
            lengths.append(len(name))
        RENAME.run(connection, {**key, "new": "short"})
        return lengths

    assert database.write(work) == [LARGE + 1] * 8


def test_a_connection_that_is_lost_in_the_middle_is_given_up(database: Database, add: Add) -> None:
    times: list[int] = []

    def work(connection: Connection) -> list[Any]:
        times.append(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())
        add(connection, 1)
        if len(times) == 1:
            address = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
            with psycopg.connect(address, autocommit=True) as administrator:
                administrator.execute("SELECT pg_terminate_backend(%s, 10000)", times)
        return rows.values(connection, ALL)

    assert database.write(work) == [1]
    assert len({*times}) == 2
    assert stored(database) == [1]


def test_a_value_that_cannot_be_written_fails_at_once(database: Database, principal: Principal) -> None:
    def work(connection: Connection) -> None:
        RENAME.send(connection, {"account": principal.account_id, "new": "\0"})
        raise AssertionError

    with pytest.raises(Exception, match=r"U\+0000"):
        database.write(work)


def test_statements_of_one_wait_are_one_transaction(database: Database, add: Add) -> None:
    """BEGIN goes with the first statement, and what fails there leaves nothing behind."""

    def work(connection: Connection) -> None:
        connection.begin()
        add(connection, 1)
        connection.execute(text("SELECT 1 FROM missing"))

    with pytest.raises(DBAPIError) as failure:
        database.write(work)
    assert not isinstance(failure.value, OperationalError)
    assert stored(database) == []


def test_a_connection_keeps_so_many_statements_prepared_and_executes_all_others(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages of a list have a statement for each size and direction: a caller could ask for all of them."""
    monkeypatch.setattr(postgresql_session, "MOST_PREPARED", 2)
    number = bindparam("number", type_=Integer)
    statements = [Prepared(select(literal_column(str(size)) + number)) for size in range(5)]
    kept = Prepared(select(func.count()).select_from(text("pg_prepared_statements")))

    def read(connection: Connection) -> None:
        for _ in range(PREPARED_AFTER + 2):
            found = [rows.values(connection, each, {"number": 10}) for each in statements]
            assert found == [[10], [11], [12], [13], [14]]
        assert rows.values(connection, kept) == [2]

    database.read(read)
