"""A row converts what is asked of it, and is otherwise the named tuple that it is read as."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from invoicing.access import Principal
from invoicing.storage import rows
from invoicing.storage.database import Database
from invoicing.storage.lazy_rows import lazy
from invoicing.storage.prepared import Prepared
from invoicing.storage.tables import Customer, customers
from tests.support import factories
from tests.support.days import Day

asked: list[str] = []


def _read(stored: str) -> date:
    asked.append(stored)
    return date.fromisoformat(stored)


@pytest.fixture
def make() -> Callable[[tuple[Any, ...]], Day]:
    asked.clear()
    return lazy(Day, ((1, _read),))


STORED = ("a", "2024-02-29", 3)
READ = Day("a", date(2024, 2, 29), 3)


def test_a_value_is_converted_once_and_only_if_it_is_asked_for(make: Callable[..., Day]) -> None:
    day = make(STORED)
    assert (day.name, day.hours, day.minutes) == ("a", 3, 180)
    assert asked == []
    assert day.on is day.on
    assert asked == ["2024-02-29"]
    assert make(("b", None, 3)).on is None


def test_it_is_equal_to_whatever_has_the_same_values(make: Callable[..., Day]) -> None:
    day = make(STORED)
    assert day == READ
    assert READ == day  # noqa: SIM300 (the other way round)
    assert day == make(STORED)
    assert asked == ["2024-02-29"]  # for the first two alone
    assert lazy(Day, ((1, lambda _: date(2024, 2, 29)),))(("a", "another text", 3)) == day
    assert hash(day) == hash(READ)
    assert day != make(("a", "2024-03-01", 3))


def test_nobody_meets_what_is_stored(make: Callable[..., Day]) -> None:
    day, on = make(STORED), date(2024, 2, 29)
    name, again, hours = day
    assert (name, again, hours) == READ
    assert [*day] == [*READ]
    assert dict(zip(day._fields, day, strict=True)) == READ._asdict() == day._asdict()
    assert (day[1], day[1:], day[-2]) == (on, (on, 3), on)
    assert (day.index(on), day.count(on), on in day, "2024-02-29" in day) == (1, 1, True, False)
    assert ((0,) + day, day + (0,), day * 2) == ((0, *READ), (*READ, 0), (*READ, *READ))  # noqa: RUF005
    assert repr(day) == repr(READ)
    assert sorted([make(("a", "2024-03-01", 1)), READ, day]) == [READ, day, ("a", date(2024, 3, 1), 1)]


def test_a_copy_has_all_its_values(make: Callable[..., Day]) -> None:
    day = make(STORED)
    for same in (copy.copy(day), copy.deepcopy(day), pickle.loads(pickle.dumps(day))):  # noqa: S301 (our own)
        assert (type(same), same) == (Day, READ)
    assert day._replace(hours=5) == Day("a", date(2024, 2, 29), 5)
    assert day._replace(on=None).on is None


def test_it_is_for_reading_only(make: Callable[..., Day]) -> None:
    for name in ("on", "hours", "another"):
        with pytest.raises(AttributeError):
            setattr(make(STORED), name, None)


def test_a_prepared_statement_and_sqlalchemy_read_the_same(database: Database, principal: Principal) -> None:
    address = {"street": "Main Street 1", "city": "Berlin", "country": "DE", "postal_code": "10115"}
    factories.customer(database, principal, id="a", meta={"a": [1, None, "ü"]}, billing_address=address)
    factories.customer(database, principal, id="b", meta={})
    statement = select(customers).order_by(customers.c.id)
    expected = database.read(rows.all_, statement, as_=Customer)
    prepared = Prepared(statement)
    for _ in range(6):  # PostgreSQL prepares what comes often
        found = database.read(rows.all_, prepared, as_=Customer)
        assert [found[0].billing_address, found[0].meta] == [
            expected[0].billing_address,
            {"a": [1, None, "ü"]},
        ]
        assert found == expected
        assert [each["meta"] for each in database.read(rows.mappings, prepared)] == [
            {"a": [1, None, "ü"]},
            {},
        ]
