"""A field that shows a column is what its row says of it: its name, its type, and whether it may be null."""

from __future__ import annotations

from collections.abc import Iterator
from types import NoneType, UnionType
from typing import Any, NewType, Union, get_args, get_origin, get_type_hints

import pytest
import strawberry
from strawberry.scalars import JSON
from strawberry.types.base import StrawberryOptional

from invoicing.invoices.queries import Issued
from invoicing.storage import tables
from schema.hints import ROW, Column
from schema.types.customer import Customer
from schema.types.invoice import Invoice
from schema.types.order import Order
from schema.types.order_item import OrderItem

ROWS: dict[Any, Any] = {
    Invoice: Issued,
    Customer: tables.Customer,
    Order: tables.Order,
    OrderItem: tables.OrderItem,
}


def columns() -> Iterator[Any]:
    for kind, row in ROWS.items():
        for field in kind.__strawberry_definition__.fields:
            if isinstance(field.metadata.get(ROW), Column):
                yield pytest.param(field, row, id=f"{kind.__name__}.{field.python_name}")


def without_null(kind: Any) -> tuple[Any, bool]:
    """A type's other part, and whether it may be null."""
    parts = get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)
    others = [part for part in parts if part is not NoneType]
    return others[0], len(others) < len(parts)


@pytest.mark.parametrize(("field", "row"), [*columns()])
def test_a_field_is_what_its_column_is(field: Any, row: Any) -> None:
    column: Column = field.metadata[ROW]
    stored, may_be_stored_null = without_null(get_type_hints(row)[column.name or field.python_name])
    may_be_null = isinstance(field.type, StrawberryOptional)
    shown = field.type.of_type if may_be_null else field.type
    assert may_be_null == may_be_stored_null
    if column.convert is None and shown not in (strawberry.ID, JSON):
        while isinstance(shown, NewType):
            shown = shown.__supertype__
        assert shown is stored


def test_all_columns_of_the_types_that_a_page_shows_are_read_when_they_are_asked_for() -> None:
    assert {str(field.id).partition(".")[0] for field in columns()} == {kind.__name__ for kind in ROWS}
