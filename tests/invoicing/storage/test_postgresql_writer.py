"""PostgreSQL's writer: an account's commands that wait share a commit, and nothing else."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import NamedTuple

import psycopg
import pytest
from sqlalchemy import Connection, insert, make_url, text
from sqlalchemy.exc import DBAPIError, OperationalError

from invoicing.errors import DatabaseUnavailable, DuplicateId, NotFound
from invoicing.numbering import next_sequence
from invoicing.storage import after_commit
from invoicing.storage.database import Database
from invoicing.storage.hangs import Hangs
from invoicing.storage.lanes import STUCK
from invoicing.storage.postgresql_engine import connect_to, postgresql_engine
from invoicing.storage.postgresql_transactions import Transactions
from invoicing.storage.postgresql_writer import LONG, MAX_COMMANDS, PostgreSQLWriter
from invoicing.storage.prepared import Prepared
from invoicing.storage.tables import number_series
from tests.conftest import FreshUrl
from tests.support import factories
from tests.support.own_postgresql import OwnPostgresql, own_postgresql
from tests.support.patience import PATIENCE, until

NOT_TWO_AT_COMMIT = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN IF NEW.last = 2 AND NEW.type = 'ORDER' THEN RAISE EXCEPTION 'not two'; END IF; RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER at_commit AFTER UPDATE ON number_series DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION refuse()
"""
WAITING = (
    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' LIMIT 1"
)
INSERT = Prepared(insert(number_series))
LOST_IN_COMMIT = "same id or idempotency key"

Work = Callable[[Connection], "Done"]


class Done(NamedTuple):
    """The number that a command took, the transaction that it was in, and the process of PostgreSQL."""

    number: int
    transaction: str
    process: int


class Till:
    """A writer, and an account whose commands take numbers. The writer's time passes only by `now`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.now = 0.0
        self.after_this: dict[int, Callable[[], None]] = {}
        """By thread, what is done once: after the command that runs, when the time is asked for."""
        self.deadlocks = 0
        self.topics: list[set[str]] = []
        self.database = Database(url)
        self.account = factories.principal(self.database).account_id
        self._engine = postgresql_engine(make_url(url), 8, prepare_threshold=None, lock_timeout=PATIENCE)
        self._hangs = Hangs(connect_to(make_url(url)))
        self.writer = PostgreSQLWriter(
            Transactions(self._engine, self._hangs, lambda _: None, self._deadlocked),
            lambda topics: self.topics.append({*topics}),
            threads=6,
            most=4,
            clock=self._clock,
        )

    def number(self, series: str = "ORDER") -> Work:
        """Takes the next number of the account's series."""

        def work(connection: Connection) -> Done:
            after_commit.notify(connection, [series])
            number = next_sequence(connection, self.account, series, "")
            shown = text("SELECT pg_current_xact_id()::text, pg_backend_pid()")
            return Done(number, *connection.execute(shown).one())

        return work

    def held(self, work: Work | None = None, refusal: Exception | None = None) -> Held:
        """A command that has done its work, and waits; what is submitted next collects behind it."""
        return Held(self, work or self.number(), refusal)

    def submit(self, work: Work) -> Future[Done]:
        return self.writer.submit(work, self.account)

    def last_number(self, series: str = "ORDER") -> int:
        statement = text(
            "SELECT coalesce(max(last), 0) FROM number_series WHERE account_id = :a AND type = :t"
        )
        key = {"a": self.account, "t": series}
        return self.database.read(lambda connection: connection.execute(statement, key).scalar() or 0)

    def close(self) -> None:
        self.writer.close()
        self._hangs.close()
        self._engine.dispose()
        self.database.close()

    def _clock(self) -> float:
        self.after_this.pop(threading.get_ident(), lambda: None)()
        return self.now

    def _deadlocked(self) -> None:
        self.deadlocks += 1


class Held:
    def __init__(self, till: Till, work: Work, refusal: Exception | None) -> None:
        self._go = threading.Event()
        self._is_done = threading.Event()

        def hold(connection: Connection) -> Done:
            done = work(connection)
            self._is_done.set()
            assert self._go.wait(PATIENCE)
            if refusal is not None:
                raise refusal
            return done

        self.outcome = till.submit(hold)
        assert self._is_done.wait(PATIENCE)

    def release(self) -> Done:
        self._go.set()
        return self.outcome.result(PATIENCE)


@pytest.fixture
def till(fresh_postgresql: FreshUrl) -> Iterator[Till]:
    with fresh_postgresql() as url:
        till = Till(url)
        yield till
        till.close()


@pytest.fixture
def own() -> Iterator[tuple[OwnPostgresql, Till]]:
    with own_postgresql() as running:
        till = Till(running.url)
        yield running, till
        running.thaw()
        till.close()


def refused(work: Work, refusal: Exception) -> Work:
    def run(connection: Connection) -> Done:
        work(connection)
        raise refusal

    return run


def going_on_after_a_failure(work: Work) -> Work:
    def run(connection: Connection) -> Done:
        done = work(connection)
        with pytest.raises(DBAPIError):
            connection.execute(text("SELECT 1 / 0"))
        return done

    return run


def clashing(till: Till) -> Work:
    """Takes a number, and inserts what is there from the second time on."""

    def work(connection: Connection) -> Done:
        done = till.number()(connection)
        row = {"account_id": till.account, "type": "TEST", "period": "", "last": 1}
        INSERT.send(connection, row, refusal=lambda _: DuplicateId())
        return done

    return work


def results(waiting: list[Future[Done]]) -> list[Done]:
    return [each.result(PATIENCE) for each in waiting]


def test_commands_that_wait_share_one_commit_and_keep_their_order(till: Till) -> None:
    held = till.held()
    waiting = [till.submit(till.number()) for _ in range(5)]
    done = [held.release(), *results(waiting)]
    assert [each.number for each in done] == [1, 2, 3, 4, 5, 6]
    assert len({each.transaction for each in done}) == 1
    till.writer.close()
    assert till.topics == [{"ORDER"}]  # told once, after the commit


def test_commands_of_a_list_share_their_commits_too_and_keep_their_order(till: Till) -> None:
    works = [till.number()] * (MAX_COMMANDS + 2)
    works[1] = refused(till.number(), NotFound("no"))
    first, no, *others = till.writer.submit_each(works, till.account)
    done = results([first, *others])
    assert isinstance(no.exception(), NotFound)
    assert [each.number for each in done] == [*range(1, MAX_COMMANDS + 2)]
    assert len({each.transaction for each in done}) == 2


def test_nobody_is_told_before_the_commit(till: Till) -> None:
    held = till.held()
    second = till.submit(till.number())
    third_is_run = threading.Event()
    go = threading.Event()

    def wait(connection: Connection) -> Done:
        third_is_run.set()
        assert go.wait(PATIENCE)
        return till.number()(connection)

    third = till.submit(wait)
    held._go.set()
    assert third_is_run.wait(PATIENCE)
    assert not held.outcome.done()
    assert not second.done()
    assert till.last_number() == 0
    go.set()
    assert third.result(PATIENCE).number == 3
    assert (held.outcome.result(PATIENCE).number, second.result(PATIENCE).number) == (1, 2)


def test_a_refusal_is_alone_and_leaves_no_gap(till: Till) -> None:
    held = till.held()
    before = till.submit(till.number())
    no = till.submit(refused(till.number(), NotFound("no")))
    after = till.submit(till.number())
    done = [held.release(), *results([before, after])]
    with pytest.raises(NotFound, match="no"):
        no.result(PATIENCE)
    assert [each.number for each in done] == [1, 2, 3]
    assert len({each.transaction for each in done}) == 1


def test_the_first_of_them_may_be_refused_too(till: Till) -> None:
    held = till.held(refusal=NotFound("no"))
    after = [till.submit(till.number()) for _ in range(2)]
    with pytest.raises(NotFound, match="no"):
        held.release()
    first, second = results(after)
    assert (first.number, second.number) == (1, 2)
    assert first.transaction == second.transaction


@pytest.mark.parametrize("place", range(3))
def test_a_clash_that_was_put_off_is_refused_alone_and_leaves_no_gap(till: Till, place: int) -> None:
    till.database.write(clashing(till))
    works = [till.number()] * 3
    works[place] = clashing(till)
    held = till.held(works[0])
    waiting = [held.outcome, *(till.submit(work) for work in works[1:])]
    held._go.set()
    refused = [isinstance(each.exception(PATIENCE), DuplicateId) for each in waiting]
    assert refused == [at == place for at in range(3)]
    assert sorted(each.result().number for each in waiting if each.exception() is None) == [2, 3]
    assert till.last_number() == 3


def test_a_clash_that_goes_with_the_commit_is_refused(till: Till) -> None:
    assert till.submit(clashing(till)).result(PATIENCE).number == 1
    with pytest.raises(DuplicateId):
        till.submit(clashing(till)).result(PATIENCE)
    assert till.last_number() == 1


@pytest.mark.parametrize(
    ("of", "failure"),
    [
        (lambda work: refused(work, LookupError("a bug")), LookupError),
        (going_on_after_a_failure, RuntimeError),
    ],
)
def test_what_fails_otherwise_is_run_again_as_the_first_and_undoes_nothing_of_the_others(
    till: Till, of: Callable[[Work], Work], failure: type[Exception]
) -> None:
    held = till.held()
    before = till.submit(till.number())
    fails = till.submit(of(till.number()))
    after = till.submit(till.number())
    done = [held.release(), *results([before, after])]
    assert isinstance(fails.exception(PATIENCE), failure)
    assert [each.number for each in done] == [1, 2, 3]
    assert done[0].transaction == done[1].transaction != done[2].transaction


def test_a_transaction_takes_so_many_commands_and_for_so_long(till: Till) -> None:
    held = till.held()
    waiting = [till.submit(till.number()) for _ in range(MAX_COMMANDS)]
    done = [held.release(), *results(waiting)]
    assert [each.number for each in done] == [*range(1, MAX_COMMANDS + 2)]
    assert len({each.transaction for each in done[:-1]}) == 1
    assert done[-1].transaction != done[0].transaction

    def take_long(connection: Connection) -> Done:
        till.now += LONG
        return till.number()(connection)

    held = till.held()
    long, later = till.submit(take_long), till.submit(till.number())
    first = held.release()
    assert long.result(PATIENCE).transaction == first.transaction
    assert later.result(PATIENCE).transaction != first.transaction


def test_other_accounts_have_their_own_transactions(till: Till) -> None:
    held = till.held()
    other = till.writer.submit(lambda connection: connection.execute(text("SELECT 1")).scalar(), "calm")
    assert other.result(PATIENCE) == 1
    assert held.release().number == 1


def test_a_command_that_would_wait_for_a_lock_lets_the_others_go(till: Till) -> None:
    till.writer.submit(till.number("CREDIT"), till.account).result(PATIENCE)
    with psycopg.connect(till.url) as holder, psycopg.connect(till.url, autocommit=True) as other:
        holder.execute("SELECT 1 FROM number_series WHERE type = 'CREDIT' FOR UPDATE")
        held = till.held()
        before = till.submit(till.number())
        waits = till.submit(till.number("CREDIT"))
        done = [held.release(), before.result(PATIENCE)]
        until(lambda: other.execute(WAITING).fetchone())  # as the first of a transaction, which has no locks
        behind = till.submit(till.number())
        assert not behind.done()
        till.now += STUCK
        beside = behind.result(PATIENCE)
        assert not waits.done()
        holder.rollback()
        assert waits.result(PATIENCE).number == 2
    assert [each.number for each in (*done, beside)] == [1, 2, 3]


def test_two_transactions_that_want_what_the_other_has_do_not_deadlock(till: Till) -> None:
    for series in ("INVOICE", "CREDIT"):
        till.submit(till.number(series)).result(PATIENCE)
    here = till.held(till.number("INVOICE"))
    till.now += STUCK  # so that the account's next command goes on beside it
    there = till.held(till.number("CREDIT"))
    till.now += STUCK
    crossing = [till.writer.submit(till.number("INVOICE"), till.account)]
    crossing.append(till.writer.submit(till.number("CREDIT"), till.account))
    here.release()
    there.release()
    assert [each.number for each in results(crossing)] == [3, 3]
    assert till.deadlocks == 0


def test_two_servers_issue_in_one_series_without_a_gap(till: Till) -> None:
    other = Till(till.url)
    other.account = till.account
    waiting = [each.submit(each.number()) for _ in range(100) for each in (till, other)]
    done = results(waiting)
    assert sorted(each.number for each in done) == [*range(1, 201)]
    assert [each.number for each in done[::2]] == sorted(each.number for each in done[::2])
    assert len({each.transaction for each in done}) < 200
    assert (till.deadlocks, other.deadlocks) == (0, 0)
    other.close()


def test_a_command_that_is_cancelled_while_it_waits_is_not_run(till: Till) -> None:
    held = till.held()
    given_up, kept = till.submit(till.number()), till.submit(till.number())
    assert given_up.cancel()
    assert held.release().number == 1
    assert kept.result(PATIENCE).number == 2


def test_closing_waits_for_waiting_commands(till: Till) -> None:
    held = till.held()
    waiting = till.submit(till.number())
    held._go.set()
    till.writer.close()
    assert waiting.result(0).number == 2


def test_where_the_commit_fails_each_is_done_alone(till: Till) -> None:
    with psycopg.connect(till.url, autocommit=True) as owner:
        owner.execute(NOT_TWO_AT_COMMIT)
    held = till.held()
    bad = till.submit(till.number())
    no = till.submit(refused(till.number(), NotFound("no")))
    others = [till.submit(till.number("CREDIT")) for _ in range(3)]
    assert held.release().number == 1
    assert isinstance(bad.exception(PATIENCE), DBAPIError)
    assert isinstance(no.exception(PATIENCE), NotFound)
    assert [each.number for each in results(others)] == [1, 2, 3]
    assert (till.last_number(), till.last_number("CREDIT")) == (1, 3)


def test_commands_whose_connection_is_lost_are_each_done_once(till: Till) -> None:
    times: list[int] = []

    def cut_off(connection: Connection) -> Done:
        done = till.number()(connection)
        times.append(done.number)
        if len(times) == 1:
            with psycopg.connect(till.url, autocommit=True) as administrator:
                administrator.execute("SELECT pg_terminate_backend(%s, 10000)", [done.process])
        return till.number("CREDIT")(connection)

    held = till.held()
    before, cut, after = till.submit(till.number()), till.submit(cut_off), till.submit(till.number())
    done = [held.release(), *results([before, after])]
    assert [each.number for each in done] == [1, 2, 4]
    assert cut.result(PATIENCE).number == 1
    assert times == [3, 3]
    assert (till.last_number(), till.last_number("CREDIT")) == (4, 1)


def test_a_crash_of_postgresql_loses_nothing_that_was_acknowledged(own: tuple[OwnPostgresql, Till]) -> None:
    postgresql, till = own
    crashed: list[int] = []

    def crash(connection: Connection) -> Done:
        if not crashed:
            crashed.append(1)
            postgresql.crash()
        return till.number()(connection)

    held = till.held()
    waiting = [till.submit(work) for work in (till.number(), crash, till.number(), till.number())]
    assert held.release().number == 1
    assert [each.number for each in results(waiting)] == [2, 3, 4, 5]
    assert till.last_number() == 5


def test_what_hangs_in_the_commit_tells_all_that_nobody_knows(own: tuple[OwnPostgresql, Till]) -> None:
    postgresql, till = own
    held = till.held()

    def freeze(connection: Connection) -> Done:
        till.after_this[threading.get_ident()] = postgresql.freeze
        return till.number()(connection)

    before = till.submit(till.number())
    no = till.submit(refused(till.number(), NotFound("no")))
    last = till.submit(freeze)
    for _ in range(MAX_COMMANDS - 4):
        till.submit(till.number()).cancel()
    held._go.set()
    for each in (held.outcome, before, no, last):
        failure = each.exception(PATIENCE)
        assert isinstance(failure, DatabaseUnavailable)
        assert LOST_IN_COMMIT in str(failure)
    postgresql.thaw()
    assert till.last_number() in (0, 3)


def test_once_postgresql_is_away_no_more_is_tried(own: tuple[OwnPostgresql, Till]) -> None:
    postgresql, till = own
    times: list[str] = []

    def named(name: str) -> Work:
        def work(connection: Connection) -> Done:
            times.append(name)
            if name == "stop":
                postgresql.stop()
            return till.number()(connection)

        return work

    held = till.held()
    waiting = [till.submit(named(name)) for name in ("before", "stop", "after")]
    held._go.set()
    for each in (held.outcome, *waiting):
        assert isinstance(each.exception(PATIENCE), OperationalError)
    assert times == ["before", "stop"]
    postgresql.start()
    assert till.last_number() == 0
    assert till.submit(till.number()).result(PATIENCE).number == 1
