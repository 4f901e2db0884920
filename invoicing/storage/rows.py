"""Reads database rows as typed values. All code that reads whole rows does it with these functions.

A row of a table becomes a named tuple of its columns. For mypy it has the type of the table's class, which
states the columns' names and types once. It is for reading only and has no methods of the class. A statement
must select all columns of the table, in their order; this is checked when it runs.

The reason is speed. SQLAlchemy's `Row` looks each attribute up by its name: reading 20 attributes of an order
takes 10 µs. Creating a named tuple takes 0.8 µs, and reading it 0.7 µs; creating an instance of the table's
class takes 130 µs.

A row that is not a table's is read as a NamedTuple or a dataclass with the statement's columns as fields.
Moments, days and JSON in a named tuple are converted when they are asked for (`lazy_rows`).
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Column, Connection, Executable, Label
from sqlalchemy.exc import MultipleResultsFound, NoResultFound

from invoicing.storage.compiled import Parameters as Key
from invoicing.storage.compiled import Row
from invoicing.storage.lazy_rows import Reads, converted, lazy, narrow
from invoicing.storage.prepared import Fetched, Prepared

T = TypeVar("T")

_named_tuple: Callable[[str, Iterable[str]], Any] = namedtuple


def one(
    connection: Connection, statement: Executable | Prepared, key: Key | None = None, *, as_: type[T]
) -> T:
    """The only row of the result. Raises an error if there is none, or more than one."""
    found = one_or_none(connection, statement, key, as_=as_)
    if found is None:
        raise NoResultFound
    return found


def one_or_none(
    connection: Connection, statement: Executable | Prepared, key: Key | None = None, *, as_: type[T]
) -> T | None:
    """The only row of the result, or None. Raises an error if there is more than one."""
    columns, found, reads = _fetched(connection, statement, key)
    kind: Any = as_
    return _only(found, _reader(kind, columns, reads))


def narrow_or_none(connection: Connection, statement: Prepared, key: Key, *, as_: type[T]) -> T | None:
    """The same, of which the statement may select some columns only, as in `some`."""
    columns, found, reads = _fetched(connection, statement, key)
    kind: Any = as_
    return _only(found, _reader_of_some(kind, columns, reads))


def all_(
    connection: Connection, statement: Executable | Prepared, key: Key | None = None, *, as_: type[T]
) -> list[T]:
    columns, found, reads = _fetched(connection, statement, key)
    kind: Any = as_
    return [*map(_reader(kind, columns, reads), found)]


def some(
    connection: Connection, statement: Executable | Prepared, key: Key | None = None, *, as_: type[T]
) -> list[T]:
    """Rows of which the statement may select some columns only. What asks for another gets NotRead."""
    columns, found, reads = _fetched(connection, statement, key)
    kind: Any = as_
    return [*map(_reader_of_some(kind, columns, reads), found)]


def with_last(connection: Connection, statement: Prepared, key: Key, *, as_: type[T]) -> tuple[list[T], Any]:
    """`some`, and the value of one more column, the last, that all rows have alike; None without rows."""
    columns, found, reads = _fetched(connection, statement, key)
    kind: Any = as_
    read = _reader_of_some(kind, columns[:-1], reads)
    return [read(row[:-1]) for row in found], found[0][-1] if found else None


def joined(
    connection: Connection, statement: Prepared, key: Key, *, as_: tuple[type, ...]
) -> list[tuple[Any, ...]]:
    """Each row as rows of these tables, of which the statement may select some columns (`labelled`).

    A table that is not selected, or of which nothing was joined, has None.
    """
    columns, found, reads = _fetched(connection, statement, key)
    return [*map(_reader_of_joined(as_, columns, reads), found)]


def labelled(column: Column[Any]) -> Label[Any]:
    """A column in a statement that selects those of several tables, one after the other."""
    return column.label(f"{column.table.name}__{column.name}")


def ask(connection: Connection, statement: Prepared, key: Key, *, as_: type[T]) -> Callable[[], list[T]]:
    """`all_` of which the rows are looked at later; what is returned waits for them, if need be."""
    kind: Any = as_
    fetched = statement.ask(connection, key)

    def found() -> list[T]:
        columns, rows, reads = fetched()
        return [*map(_reader(kind, columns, reads), rows)]

    return found


def ask_one(connection: Connection, statement: Prepared, key: Key, *, as_: type[T]) -> Callable[[], T]:
    """`one` of which the row is looked at later."""
    found = ask(connection, statement, key, as_=as_)

    def only() -> T:
        (row,) = found()
        return row

    return only


def pairs(
    connection: Connection, statement: Executable | Prepared, key: Key | None = None, *, as_: type[T]
) -> list[tuple[str, T]]:
    """Each row as a pair: its first column, which tells to what it belongs, and the rest as a value."""
    fetched = _fetched(connection, statement, key)
    kind: Any = as_
    read = _reader(kind, fetched.columns[1:], ())
    return [(row[0], read(row[1:])) for row in fetched.converted()]


def plain(connection: Connection, statement: Executable | Prepared, key: Key | None = None) -> Sequence[Row]:
    """Each row as the sequence of its values."""
    return _fetched(connection, statement, key).converted()


def made(row: Mapping[str, Any], *, as_: type[T]) -> T:
    """A row that was stored with these values, as it would be read."""
    kind: Any = as_
    names, make = _fields_of(kind, ())
    value: T = make([row[name] for name in names])
    return value


def mappings(
    connection: Connection, statement: Executable | Prepared, key: Key | None = None
) -> list[dict[str, Any]]:
    """Each row as a dictionary by the names of its columns."""
    fetched = _fetched(connection, statement, key)
    return [dict(zip(fetched.columns, row, strict=True)) for row in fetched.converted()]


def values(connection: Connection, statement: Executable | Prepared, key: Key | None = None) -> list[Any]:
    """The values of the result's only column."""
    return [value for (value,) in _fetched(connection, statement, key).converted()]


def _fetched(connection: Connection, statement: Executable | Prepared, key: Key | None) -> Fetched:
    if isinstance(statement, Prepared):
        return statement.fetch(connection, key or {})
    result = connection.execute(statement, key)
    return Fetched(tuple(result.keys()), result.all())


def _only(found: Sequence[Row], read: Callable[[Sequence[Any]], T]) -> T | None:
    if len(found) > 1:
        raise MultipleResultsFound
    return read(found[0]) if found else None


@cache
def _reader(as_: Any, columns: tuple[str, ...], reads: Reads) -> Callable[[Sequence[Any]], Any]:
    """The function that makes a value of a row with these columns."""
    names, make = _fields_of(as_, reads)
    if names != columns:
        raise TypeError(f"{as_.__name__} has the columns {names}; the statement selects {columns}.")
    return make


@cache
def _reader_of_some(as_: Any, columns: tuple[str, ...], reads: Reads) -> Callable[[Sequence[Any]], Any]:
    whole = _of_table(as_) if hasattr(as_, "__table__") else as_
    return lazy(whole, reads) if whole._fields == columns else narrow(whole, columns, reads)


@cache
def _reader_of_joined(
    as_: tuple[Any, ...], columns: tuple[str, ...], reads: Reads
) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
    parts = [_reader_of_part(kind, columns, reads) for kind in as_]
    return lambda row: tuple([part(row) for part in parts])


def _reader_of_part(kind: Any, columns: tuple[str, ...], reads: Reads) -> Callable[[Sequence[Any]], Any]:
    """The function that makes a table's row of a row that holds it among others."""
    prefix = f"{kind.__table__.name}__"
    places = [place for place, name in enumerate(columns) if name.startswith(prefix)]
    if not places:
        return lambda _: None
    part = slice(places[0], places[-1] + 1)
    names = tuple([name.removeprefix(prefix) for name in columns[part]])
    own = tuple([(place - part.start, read) for place, read in reads if place in places])
    make = _reader_of_some(kind, names, own)
    return lambda row: None if row[part.start] is None else make(row[part])


@cache
def _fields_of(as_: Any, reads: Reads) -> tuple[tuple[str, ...], Callable[[Sequence[Any]], Any]]:
    if hasattr(as_, "__table__"):
        as_ = _of_table(as_)
    if hasattr(as_, "_make"):
        return as_._fields, lazy(as_, reads)
    return tuple(field.name for field in fields(as_)), lambda row: as_(*converted(row, reads))


@cache
def _of_table(kind: Any) -> Any:
    return _named_tuple(kind.__name__, kind.__table__.c.keys())
