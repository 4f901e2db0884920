"""Work of several accounts: in turns, and only so much of each at a time."""

from __future__ import annotations

import asyncio
import queue
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, create_engine, make_url, text

from invoicing.access import Principal
from invoicing.accounts import settings
from invoicing.storage.database import LISTS, LISTS_OF_ONE, READERS, READERS_OF_ONE, Database
from invoicing.storage.places import Places
from invoicing.storage.reader import MAX_BATCH
from tests.invoicing.storage.test_time_limit import endless, one
from tests.support import factories
from tests.support.factories import NOW
from tests.support.patience import PATIENCE


@pytest.fixture
def patient(database_url: str) -> Iterator[Database]:
    database = Database(database_url, threads=2, query_timeout=2 * PATIENCE, lock_timeout=2 * PATIENCE)
    yield database
    database.close()


def taken(places: Places[str]) -> list[str]:
    """All that is given out now."""
    found: list[str] = []
    while True:
        try:
            each = places.get(wait=False)
        except queue.Empty:
            return found
        assert each is not None
        found.append(each[1])


def test_an_account_has_its_places_and_others_have_theirs() -> None:
    places: Places[str] = Places(2)
    for work in ("a1", "a2", "a3", "a4"):
        places.put("a", work)
    places.put("b", "b1")
    for number in range(5):
        places.put(None, f"own{number}")
    assert taken(places) == ["a1", "a2", "b1", *(f"own{number}" for number in range(5))]
    places.leave("a")
    places.put("c", "c1")
    assert taken(places) == ["a3", "c1"]
    for _ in range(3):
        places.leave("a")
    assert taken(places) == ["a4"]
    places.put("a", "a5")
    assert taken(places) == ["a5"]


def test_interrupted_work_keeps_its_place_and_comes_after_what_others_put() -> None:
    places: Places[str] = Places(1)
    for owner, work in (("a", "a1"), ("a", "a2"), ("b", "b1")):
        places.put(owner, work)
    assert places.get() == ("a", "a1")
    assert places.put_behind("a", "rest of a1")
    assert taken(places) == ["b1", "rest of a1"]
    places.leave("a")
    assert taken(places) == ["a2"]
    places.close()
    assert not places.put_behind("a", "rest of a2")  # who has it does it, as nobody takes it any more
    assert places.get() is None


@pytest.mark.anyio
async def test_lists_of_one_account_keep_nobody_else_waiting(patient: Database) -> None:
    slow = [asyncio.create_task(patient.list_for("busy", endless)) for _ in range(3 * LISTS)]
    for _ in range(LISTS):
        assert await asyncio.wait_for(patient.list_for("calm", one), PATIENCE) == 1
        assert await asyncio.wait_for(patient.read_async(one), PATIENCE) == 1
    second = [asyncio.create_task(patient.list_for("busy too", endless)) for _ in range(LISTS - LISTS_OF_ONE)]
    assert await asyncio.wait_for(patient.read_async(one), PATIENCE) == 1  # though all lists are busy
    for each in (*slow, *second):
        assert not each.done()
        each.cancel()


@pytest.mark.anyio
async def test_rows_of_one_account_keep_nobody_else_waiting(patient: Database) -> None:
    slow = [asyncio.create_task(patient.read_for("busy", endless)) for _ in range(3 * MAX_BATCH)]
    await asyncio.sleep(0)  # all of them are asked for
    for _ in range(READERS):
        assert await asyncio.wait_for(patient.read_for("calm", one), PATIENCE) == 1
    others = [
        asyncio.create_task(patient.read_for("busy too", endless)) for _ in range(READERS - READERS_OF_ONE)
    ]
    await asyncio.sleep(0)
    assert await asyncio.wait_for(patient.read_async(one), PATIENCE) == 1  # whose key it is, or /readyz
    for each in (*slow, *others):
        assert not each.done()
        each.cancel()


@pytest.mark.anyio
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_changes_that_wait_for_a_lock_keep_no_other_account_waiting(
    patient: Database, database_url: str
) -> None:
    busy, calm = factories.principal(patient), factories.principal(patient)
    engine = create_engine(make_url(database_url).set(drivername="postgresql+psycopg"))

    async def renamed(seller: Principal) -> str:
        account = await patient.write_for(
            seller.account_id, settings.update_account, seller, {"name": "New"}, now=NOW
        )
        return account.name

    def lock(connection: Connection) -> None:
        statement = text("SELECT 1 FROM accounts WHERE id = :id FOR UPDATE")
        connection.execute(statement, {"id": busy.account_id})

    with engine.connect() as holder:
        lock(holder)
        waiting = [asyncio.create_task(renamed(busy)) for _ in range(8)]
        for _ in range(4):
            assert await asyncio.wait_for(renamed(calm), PATIENCE) == "New"
        assert not any(each.done() for each in waiting)
        holder.rollback()
        assert await asyncio.wait_for(asyncio.gather(*waiting), PATIENCE) == ["New"] * 8
    engine.dispose()
