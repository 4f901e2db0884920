"""A row is read as what it is declared to be, or the statement is at fault."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Select, func, select
from sqlalchemy.exc import MultipleResultsFound, NoResultFound
from sqlmodel import SQLModel

from invoicing.access import Principal
from invoicing.storage import rows
from invoicing.storage.database import Database
from invoicing.storage.tables import Order, OrderItem, order_items, orders
from invoicing.storage.tables.base import Stored
from tests.support import factories
from tests.support.factories import item


class Sum(NamedTuple):
    order_id: str
    positions: int


@dataclass(frozen=True)
class Named:
    id: str
    name: str


SUMS = select(order_items.c.order_id, func.sum(order_items.c.position).label("positions")).group_by(
    order_items.c.order_id
)
NAMES = select(order_items.c.id, order_items.c.name).order_by(order_items.c.id)


@pytest.fixture
def ordered(database: Database, principal: Principal) -> Database:
    items = [item(id="a", quantity=2), item(id="b", name="Pot")]
    factories.order(database, principal, id="o", items=items, meta={"a": [1]})
    return database


def test_a_tables_row_has_its_columns_as_they_are_declared(ordered: Database) -> None:
    found = ordered.read(rows.one, select(orders), as_=Order)
    stored = ordered.read(lambda connection: connection.execute(select(orders)).mappings().one())
    assert {name: getattr(found, name) for name in Order.model_fields} == dict(stored)
    assert (found.id, found.meta, found.created_at) == ("o", {"a": [1]}, factories.NOW)
    with pytest.raises(AttributeError):
        found.number = "another"


def test_what_is_no_whole_row_is_a_named_tuple_or_a_dataclass(ordered: Database) -> None:
    assert ordered.read(rows.all_, SUMS, as_=Sum) == [Sum("o", 1)]
    assert ordered.read(rows.all_, NAMES, as_=Named) == [Named("a", "Mug"), Named("b", "Pot")]
    assert ordered.read(rows.all_, NAMES.where(order_items.c.id == "c"), as_=Named) == []


def test_the_first_column_of_a_pair_says_whose_the_row_is(ordered: Database) -> None:
    statement = select(order_items.c.order_id.label("of"), order_items).order_by(order_items.c.id)
    found = ordered.read(rows.pairs, statement, as_=OrderItem)
    assert [(of, each.id, each.quantity) for of, each in found] == [
        ("o", "a", 2_000_000),
        ("o", "b", 1_000_000),
    ]


def test_one_is_one_and_none_is_none(ordered: Database) -> None:
    unknown = NAMES.where(order_items.c.id == "c")
    assert ordered.read(rows.one_or_none, unknown, as_=Named) is None
    assert ordered.read(rows.one_or_none, NAMES.where(order_items.c.id == "b"), as_=Named) == Named(
        "b", "Pot"
    )
    with pytest.raises(NoResultFound):
        ordered.read(rows.one, unknown, as_=Named)
    with pytest.raises(MultipleResultsFound):
        ordered.read(rows.one_or_none, NAMES, as_=Named)


@pytest.mark.parametrize(
    ("statement", "as_"),
    [
        (select(orders.c.id, orders.c.number), Order),
        (select(order_items), Order),
        (NAMES, Sum),
        (select(order_items.c.name, order_items.c.id), Named),
        (select(*reversed(orders.c)), Order),
    ],
)
def test_a_statement_that_selects_something_else_is_at_fault(
    ordered: Database, statement: Select[Any], as_: type[Any]
) -> None:
    for read in (rows.all_, rows.one_or_none):
        with pytest.raises(TypeError, match="the statement selects"):
            ordered.read(read, statement.limit(1), as_=as_)


def test_each_table_has_a_class_whose_fields_are_its_columns() -> None:
    classes = {kind.__tablename__: kind for kind in Stored.__subclasses__()}
    assert classes.keys() == SQLModel.metadata.tables.keys()
    for name, table in SQLModel.metadata.tables.items():
        assert list(classes[name].model_fields) == table.c.keys()
