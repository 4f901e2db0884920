"""Objects that show a row of the database: a field is read from it when it is asked for.

Of a page of invoices with their customers, most fields are not asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, TypeVar

import strawberry

from schema.hints import ROW, Column, needs

T = TypeVar("T")


def column(description: str, convert: Callable[[Any], Any] | None = None, *, name: str | None = None) -> Any:
    """A field that shows the column of its name, or another, as it is or converted."""
    return strawberry.field(description=description, metadata={ROW: Column(name, convert)})


def computed(description: str, make: Callable[[Any], Any], *, of: Sequence[str]) -> Any:
    """A field that shows what is made of these columns of the row."""
    return strawberry.field(description=description, metadata={ROW: make, **needs(*of)})


def of_row(kind: type[T]) -> type[T]:
    """Has a type's columns and computed fields read from its `row`, with which alone it is made."""
    definition: Any = getattr(kind, "__strawberry_definition__")  # noqa: B009
    for field in definition.fields:
        if field.metadata.get(ROW) is not None:
            setattr(kind, field.python_name, property(_reader(field.python_name, field.metadata[ROW])))
    return kind


def showing(kind: type[T], row: object) -> T:
    """An object of a type with `of_row`. Its constructor wants the fields too, which it has not."""
    made: Any = kind.__new__(kind)
    made.row = row
    return made  # type: ignore[no-any-return]


def _reader(name: str, read: Column | Callable[[Any], Any]) -> Callable[[Any], Any]:
    if not isinstance(read, Column):
        return lambda shown: read(shown.row)
    value = attrgetter(f"row.{read.name or name}")
    convert = read.convert
    return value if convert is None else lambda shown: convert(value(shown))
