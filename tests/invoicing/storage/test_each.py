"""Several commands in one go, none of which undoes another."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from sqlalchemy import Connection

from invoicing.access import Principal
from invoicing.errors import DatabaseUnavailable
from invoicing.numbering import next_sequence
from invoicing.storage.database import Database


def test_each_has_its_outcome_and_the_commits_keep_their_order(
    database: Database, principal: Principal
) -> None:
    def count(connection: Connection) -> int:
        return next_sequence(connection, principal.account_id, "ORDER", "")

    def counted_and_refused(connection: Connection) -> int:
        count(connection)
        raise LookupError

    works = [count, counted_and_refused, count, count]
    first, refusal, *others = asyncio.run(database.write_each_for(principal.account_id, works))
    assert isinstance(refusal, LookupError)
    assert isinstance(first, int)
    assert others == [first + 1, first + 2]


def test_no_more_is_tried_once_postgresql_is_away(database: Database, principal: Principal) -> None:
    tried: list[int] = []
    away = DatabaseUnavailable()

    def work(number: int) -> Callable[[Connection], int]:
        def run(_: Connection) -> int:
            tried.append(number)
            if number == 1:
                raise away
            return number

        return run

    outcomes = asyncio.run(
        database.write_each_for(principal.account_id, [work(number) for number in range(4)])
    )
    if database.is_sqlite:  # a file is there or not, and does not keep anybody waiting
        assert outcomes == [0, away, 2, 3]
    else:
        assert outcomes == [0, away, away, away]
        assert max(tried) == 1
