"""Of whole rows only what is asked for is read, and nobody takes what was not read for something else."""

from __future__ import annotations

import copy
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Select, bindparam

from invoicing.access import Principal
from invoicing.invoices.queries import issued
from invoicing.storage import narrow, rows
from invoicing.storage.database import Database
from invoicing.storage.lazy_rows import NotRead
from invoicing.storage.lazy_rows import narrow as narrow_rows
from invoicing.storage.narrow import Narrowed, columns_of
from invoicing.storage.tables import Customer, customers
from tests.support import factories
from tests.support.days import Day

NARROW = narrow_rows(Day, ("on", "name"), ((0, date.fromisoformat),))


def test_a_narrow_row_has_its_columns_converted() -> None:
    day = NARROW(("2024-02-29", "a"))
    assert isinstance(day, Day)
    assert (day.name, day.on) == ("a", date(2024, 2, 29))
    assert repr(day) == "Day(on=datetime.date(2024, 2, 29), name='a')"
    assert day == NARROW(("2024-02-29", "a"))


def test_what_was_not_read_is_not_there() -> None:
    day = NARROW(("2024-02-29", "a"))
    for use in (
        lambda: day.hours,
        lambda: day.minutes,
        lambda: [*day],
        lambda: day[0],
        lambda: day._asdict(),
        lambda: day._replace(name="b"),
        lambda: day == Day("a", date(2024, 2, 29)),
        lambda: copy.copy(day),
    ):
        with pytest.raises(NotRead):
            use()
    with pytest.raises(TypeError, match="sold"):
        narrow_rows(Day, ("sold",), ())


def _by_id(_: object, columns: narrow.Columns | None) -> Select[Any]:
    return columns_of(customers, columns).where(customers.c.id == bindparam("id"))


def test_a_statement_reads_what_is_asked_for_and_the_keys(database: Database, principal: Principal) -> None:
    factories.customer(database, principal, id="c", name="Ann", meta={"a": 1})
    by_id: Narrowed[None] = Narrowed(_by_id)
    for _ in range(6):  # PostgreSQL prepares what comes often
        statement = by_id.reading(None, frozenset({"meta"}))
        (found,) = database.read(rows.some, statement, {"id": "c"}, as_=Customer)
        assert (found.id, found.meta, found.created_at) == ("c", {"a": 1}, factories.NOW)
        with pytest.raises(NotRead, match="name"):
            _ = found.name
    (whole,) = database.read(rows.some, by_id.reading(None, None), {"id": "c"}, as_=Customer)
    assert (whole.name, whole.meta) == ("Ann", {"a": 1})


def test_as_many_narrow_statements_are_kept_as_postgresql_may_keep() -> None:
    by_id: Narrowed[None] = Narrowed(_by_id)
    kept = [by_id.reading(None, frozenset({f"column {n}"})) for n in range(narrow.MOST)]
    assert by_id.reading(None, frozenset({"name"})) is by_id.reading(None, None)
    assert by_id.reading(None, frozenset({"column 3"})) is kept[3]


def test_what_is_not_shown_of_a_pdf_is_not_looked_for() -> None:
    joined = {
        names: [table for table in ("documents", "outbox") if f"JOIN {table}" in str(issued(names))]
        for names in (None, frozenset({"number"}), frozenset({"pdf_key"}), frozenset({"pdf_failed_at"}))
    }
    assert [*joined.values()] == [["documents", "outbox"], [], ["documents"], ["outbox"]]
