"""SQLite's only writer: commands share a commit, and nothing else."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import OperationalError

from invoicing.errors import DatabaseUnavailable
from invoicing.storage import after_commit
from invoicing.storage.database import Database
from invoicing.storage.sqlite_writer import LONG, SQLiteWriter
from server.outages import one_line
from tests.conftest import FreshUrl
from tests.support import factories
from tests.support.patience import PATIENCE


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{tmp_path}/writer.db", connect_args={"isolation_level": None})
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE words (word TEXT UNIQUE)"))
    yield engine
    engine.dispose()


class HeldWriter:
    """A writer whose first command waits, so that later commands collect behind it.

    Its time passes only while a command takes some. `order` has the names of the commands, and of commits.
    """

    def __init__(self, engine: Engine) -> None:
        self.commits: list[Collection[str]] = []
        self.order: list[str] = []
        self.now = 0.0
        self.writer = SQLiteWriter(engine, lambda _: None, self._committed, lambda: self.now)
        self._go = threading.Event()
        started = threading.Event()

        def hold(_: Connection) -> None:
            started.set()
            self._go.wait(PATIENCE)

        self.first = self.writer.submit(hold)
        assert started.wait(PATIENCE)

    def release(self) -> None:
        self._go.set()

    def submit(self, name: str, owner: str | None, *, takes: float = 0, meanwhile: str = "") -> Future[None]:
        """A command of the account that takes so long; `meanwhile` another account's comes in."""

        def work(_: Connection) -> None:
            self.order.append(name)
            self.now += takes
            if meanwhile:
                self.submit(meanwhile, "calm")

        return self.writer.submit(work, owner)

    def _committed(self, topics: Collection[str]) -> None:
        self.commits.append(topics)
        self.order.append("commit")


@pytest.fixture
def held(engine: Engine) -> Iterator[HeldWriter]:
    held = HeldWriter(engine)
    yield held
    held.release()
    held.writer.close()


def add(word: str, *, refuse: Exception | None = None, enqueue: bool = False) -> Callable[[Connection], str]:
    def work(connection: Connection) -> str:
        connection.execute(text("INSERT INTO words VALUES (:word)"), {"word": word})
        if enqueue:
            after_commit.notify(connection, ["job"])
        if refuse is not None:
            raise refuse
        return word

    return work


def words(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.execute(text("SELECT word FROM words ORDER BY rowid")).scalars())


def test_commands_that_wait_share_one_commit_and_keep_their_order(held: HeldWriter, engine: Engine) -> None:
    waiting = [held.writer.submit(add(f"w{n}")) for n in range(10)]
    held.release()
    assert [each.result(10) for each in waiting] == [f"w{n}" for n in range(10)]
    assert words(engine) == [f"w{n}" for n in range(10)]
    held.writer.close()
    assert len(held.commits) == 2


def test_a_command_that_fails_does_not_undo_the_others(held: HeldWriter, engine: Engine) -> None:
    before = held.writer.submit(add("before"))
    refused = held.writer.submit(add("refused", refuse=ValueError("no")))
    again = held.writer.submit(add("before"))
    after = held.writer.submit(add("after"))
    held.release()
    assert (before.result(10), after.result(10)) == ("before", "after")
    with pytest.raises(ValueError, match="no"):
        refused.result(10)
    with pytest.raises(Exception, match="UNIQUE"):
        again.result(10)
    assert words(engine) == ["before", "after"]


def fill(connection: Connection) -> None:
    """A statement for which there is no room: SQLite rolls back all of the transaction, and says it once."""
    connection.execute(text("INSERT INTO words VALUES (:word)"), {"word": "x" * 100_000})


def fill_in_a_savepoint(connection: Connection) -> None:
    with connection.begin_nested():
        fill(connection)


def fill_and_go_on(connection: Connection) -> None:
    with suppress(OperationalError):
        fill(connection)


def fill_and_go_on_in_a_savepoint(connection: Connection) -> None:
    with connection.begin_nested():
        fill_and_go_on(connection)


def fill_and_fail_later(connection: Connection) -> None:
    with suppress(OperationalError):
        fill(connection)
    raise LookupError("what was written is not there")


FILLING = [fill, fill_in_a_savepoint, fill_and_go_on, fill_and_go_on_in_a_savepoint, fill_and_fail_later]


def limit(pages: int) -> Callable[[Connection], None]:
    """The file may have so many pages."""
    return lambda connection: connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}").close()


@pytest.mark.parametrize("filling", FILLING)
def test_what_sqlite_rolls_back_by_itself_is_unavailable_to_all_that_share_the_transaction(
    held: HeldWriter, engine: Engine, filling: Callable[[Connection], None]
) -> None:
    held.writer.submit(limit(5))
    before = held.writer.submit(add("before"))
    again = held.writer.submit(add("before"))  # refused, for what is not stored in the end
    full = held.writer.submit(filling)
    held.release()
    for each in (before, again, full):
        with pytest.raises(DatabaseUnavailable):
            each.result(PATIENCE)
    assert words(engine) == []
    held.writer.submit(limit(1_000)).result(PATIENCE)
    assert held.writer.submit(add("later")).result(PATIENCE) == "later"
    assert words(engine) == ["later"]


@pytest.mark.parametrize("filling", FILLING)
def test_a_command_alone_whose_transaction_sqlite_rolls_back_is_told_the_reason(
    held: HeldWriter, engine: Engine, filling: Callable[[Connection], None]
) -> None:
    held.release()
    held.first.result(PATIENCE)
    held.writer.submit(limit(5)).result(PATIENCE)
    with pytest.raises(DatabaseUnavailable) as refusal:
        held.writer.submit(filling).result(PATIENCE)
    is_seen = filling in (fill, fill_in_a_savepoint)  # else the command has kept it for itself
    assert ("disk is full" if is_seen else "rolled the transaction back") in one_line(refusal.value)
    assert words(engine) == []
    assert held.writer.submit(add("small")).result(PATIENCE) == "small"
    assert words(engine) == ["small"]


def test_a_command_that_is_cancelled_while_it_waits_is_not_run(held: HeldWriter, engine: Engine) -> None:
    given_up = held.writer.submit(add("given up"))
    kept = held.writer.submit(add("kept"))
    assert given_up.cancel()
    held.release()
    kept.result(10)
    assert words(engine) == ["kept"]


def test_workers_are_woken_after_a_commit_that_enqueued(held: HeldWriter) -> None:
    held.writer.submit(add("quiet"))
    held.writer.submit(add("loud", enqueue=True))
    held.release()
    held.writer.close()
    assert [set(kinds) for kinds in held.commits] == [set(), {"job"}]


def test_closing_waits_for_waiting_commands(held: HeldWriter, engine: Engine) -> None:
    waiting = held.writer.submit(add("waiting"))
    held.release()
    held.writer.close()
    assert waiting.done()
    assert words(engine) == ["waiting"]


def test_a_statement_not_read_to_its_end_does_not_block_others(
    fresh_sqlite: FreshUrl,
) -> None:
    cursors: list[Any] = []

    def leave(connection: Connection) -> None:
        cursor = connection.connection.dbapi_connection.cursor()  # type: ignore[union-attr]
        cursors.append(cursor.execute("SELECT id, name FROM accounts"))
        cursors[0].fetchone()

    with fresh_sqlite() as url:
        here, there = Database(url), Database(url)
        factories.principal(here)
        factories.principal(here)
        here.write(leave)
        factories.principal(there)
        factories.principal(here)
        here.close()
        there.close()


def test_accounts_take_turns(held: HeldWriter) -> None:
    waiting = [held.submit("busy", "busy") for _ in range(100)]
    waiting += [held.submit("calm", "calm") for _ in range(2)]
    held.release()
    for each in waiting:
        each.result(PATIENCE)
    names = [name for name in held.order if name != "commit"]
    assert [place for place, name in enumerate(names) if name == "calm"] == [1, 3]


def test_what_comes_during_a_long_command_goes_before_its_accounts_next(held: HeldWriter) -> None:
    held.submit("long 1", "busy", takes=LONG, meanwhile="short")
    last = held.submit("long 2", "busy", takes=LONG)
    held.release()
    last.result(PATIENCE)
    held.writer.close()
    assert held.order == ["commit", "long 1", "commit", "short", "commit", "long 2", "commit"]


def test_a_short_command_is_committed_before_an_account_goes_on_with_long_ones(held: HeldWriter) -> None:
    held.submit("long 1", "busy", takes=LONG)
    held.submit("short 1", "calm")
    held.submit("long 2", "busy", takes=LONG)
    held.submit("short 2", "calm")
    held.submit("now short 1", "busy")
    held.submit("now short 2", "busy")
    last = held.submit("now short 3", "busy")
    held.release()
    last.result(PATIENCE)
    held.writer.close()
    turns = "commit, long 1, commit, short 1, commit, long 2, commit, short 2, commit"
    assert ", ".join(held.order) == f"{turns}, now short 1, now short 2, now short 3, commit"


def test_many_short_commands_are_committed_once_they_are_long_together(held: HeldWriter) -> None:
    waiting = [held.submit(str(number), "busy", takes=LONG * 0.4) for number in range(4)]
    held.release()
    waiting[-1].result(PATIENCE)
    held.writer.close()
    assert held.order == ["commit", "0", "1", "2", "commit", "3", "commit"]


def test_a_writer_that_cannot_begin_refuses_all_that_wait(engine: Engine) -> None:
    go = threading.Event()
    asked: list[None] = []

    def outdated(_: Connection) -> None:
        asked.append(None)
        go.wait(PATIENCE)
        raise LookupError("not the version that the server knows")

    writer = SQLiteWriter(engine, outdated, lambda _: None)
    waiting = [writer.submit(add(f"{owner}{n}"), owner) for n in range(5) for owner in ("a", "b")]
    go.set()
    for each in waiting:
        with pytest.raises(LookupError, match="version"):
            each.result(PATIENCE)
    assert len(asked) == 1
    writer.close()
