"""Of two commands that deadlock, PostgreSQL rolls one back; it is run again, so both succeed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from invoicing.errors import DatabaseUnavailable
from invoicing.storage import postgresql_transactions
from invoicing.storage.database import Database
from invoicing.storage.tables import accounts
from tests.conftest import FreshUrl
from tests.support import factories
from tests.support.patience import PATIENCE


def run_deadlock(database: Database) -> tuple[list[Any], list[str]]:
    """The outcomes of two commands that rename the same accounts in opposite order, and the new names."""
    ids = [factories.principal(database, name="-").account_id for _ in range(2)]
    barrier = Barrier(2)

    def rename(connection: Connection, name: str, order: list[str]) -> None:
        for place, id in enumerate(order):
            longer = accounts.c.name.concat(name)
            connection.execute(update(accounts).where(accounts.c.id == id).values(name=longer))
            if place == 0:
                _meet(barrier)

    def outcome(name: str, order: list[str]) -> Any:
        try:
            return database.write(rename, name, order)
        except DatabaseUnavailable as failure:
            return failure

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(outcome, "ab", [ids, ids[::-1]]))
    statement = select(accounts.c.name).where(accounts.c.id.in_(ids))
    return outcomes, list(database.read(lambda connection: connection.execute(statement).scalars().all()))


def _meet(barrier: Barrier) -> None:
    """Waits for the other command, the first time only."""
    try:
        barrier.wait(PATIENCE)
    except BrokenBarrierError:
        return
    finally:
        barrier.abort()


def test_both_commands_are_done_once(fresh_postgresql: FreshUrl) -> None:
    with fresh_postgresql() as url:
        database = Database(url)
        outcomes, names = run_deadlock(database)
        database.close()
    assert outcomes == [None, None]
    assert [sorted(name) for name in names] == [["-", "a", "b"], ["-", "a", "b"]]


def test_a_deadlocked_command_is_not_retried_forever(
    fresh_postgresql: FreshUrl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql_transactions, "MAX_DEADLOCKS", 1)
    with fresh_postgresql() as url:
        database = Database(url)
        outcomes, names = run_deadlock(database)
        database.close()
    assert sorted(type(each) is DatabaseUnavailable for each in outcomes) == [False, True]
    assert len(set(names)) == 1
