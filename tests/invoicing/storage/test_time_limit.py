"""Reads that take too long, or that nobody waits for, are ended in the database."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, text

from invoicing.errors import QueryTimeout
from invoicing.storage.database import KEYS, READERS, Database
from invoicing.storage.reader import Reader
from tests.support.endless import ENDLESS
from tests.support.patience import PATIENCE

pytestmark = pytest.mark.anyio


@pytest.fixture
def patient(database_url: str) -> Iterator[Database]:
    database = Database(database_url, query_timeout=2 * PATIENCE)
    yield database
    database.close()


def endless(connection: Connection) -> Any:
    return connection.execute(text(f"SELECT {ENDLESS}")).scalar_one()


def one(connection: Connection) -> Any:
    return connection.execute(text("SELECT 1")).scalar_one()


async def test_a_read_that_takes_too_long_is_ended(hurried: Database) -> None:
    for _ in range(2 * READERS):  # the threads and the connections do the next read as before
        with pytest.raises(QueryTimeout):
            await hurried.read_for("account", endless)
    assert await asyncio.gather(*(hurried.read_for("account", one) for _ in range(20))) == [1] * 20


async def test_a_read_that_nobody_waits_for_is_ended(patient: Database) -> None:
    given_up = [asyncio.create_task(patient.read_async(endless)) for _ in range(3 * KEYS)]
    waiting = asyncio.create_task(patient.read_async(one))
    await asyncio.sleep(0)  # all of them are asked for
    for each in given_up:
        each.cancel()
    assert await asyncio.wait_for(waiting, PATIENCE) == 1
    assert await asyncio.wait_for(patient.read_async(one), PATIENCE) == 1


async def test_a_read_that_had_to_wait_too_long_is_not_begun() -> None:
    reader = Reader(1, limit=0, most=1)
    with pytest.raises(QueryTimeout):
        await reader.read(lambda _: pytest.fail("It was begun."))
    reader.close()


async def test_what_fails_for_another_reason_is_no_question_of_time(hurried: Database) -> None:
    with pytest.raises(Exception, match="no_such_table"):
        await hurried.read_async(lambda connection: connection.execute(text("SELECT 1 FROM no_such_table")))
