"""Rows whose values are converted when they are asked for.

A page of customers has two addresses each, stored as JSON, to show six names: reading the JSON takes longer
than all the rest. So a row holds what the driver has given, and a moment, a day or JSON is made of it the
first time that it is asked for. What needs no conversion is read as from any named tuple.

Such a row is a kind of the named tuple that it is read as. Whatever else a tuple can do (be iterated,
unpacked, compared, copied) it does with its converted values, so nobody meets a stored one.

A narrow row has some of the columns only. Asked for another, or for all, it raises NotRead.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NoReturn, SupportsIndex

Read = Callable[[Any], Any]
"""Converts a stored value that is not null."""
Reads = tuple[tuple[int, Read], ...]
"""What has to be converted, by the places of the columns."""

_stored = tuple.__getitem__
_named_tuple: Callable[[str, Sequence[str]], Any] = namedtuple


class _Converted:
    """A column that is converted once for each row."""

    def __init__(self, name: str, place: int, read: Read) -> None:
        self._name = name
        self._place = place
        self._read = read

    def __get__(self, row: Any, _: type | None = None) -> Any:
        value = _stored(row, self._place)
        if value is not None:
            value = self._read(value)
        row.__dict__[self._name] = value  # which is found before this from now on
        return value


class NotRead(Exception):
    """A column was asked for that was not read."""


class _Missing:
    """A column that was not read."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, row: Any, _: type | None = None) -> NoReturn:
        raise NotRead(self._name)


class _LazyRow(tuple[Any, ...]):
    _whole: type[tuple[Any, ...]]
    """The named tuple of which it is a kind."""
    _fields: tuple[str, ...]
    _columns: tuple[str, ...]
    """Those that it has."""

    def __iter__(self) -> Iterator[Any]:
        return iter([getattr(self, name) for name in self._fields])

    def __eq__(self, other: object) -> bool:
        is_same = other.__class__ is self.__class__ and tuple.__eq__(self, other)  # as it is stored
        return is_same or (isinstance(other, tuple) and tuple(self) == tuple(other))

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __radd__(self, other: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(other) + tuple(self)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        values = [f"{name}={getattr(self, name)!r}" for name in self._columns]
        return f"{self._whole.__name__}({', '.join(values)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return self._whole, tuple(self)

    def __reduce_ex__(self, _: SupportsIndex) -> tuple[Any, ...]:
        return self.__reduce__()

    def __setattr__(self, name: str, _: object) -> NoReturn:
        raise AttributeError(f"A row is for reading only; {name} cannot be set.")

    @classmethod
    def _make(cls, values: Any) -> Any:
        """What `_replace` makes."""
        return cls._whole(*values)


def _with_values(name: str) -> Callable[..., Any]:
    """A method of tuples, of the converted values."""
    method = getattr(tuple, name)

    def call(row: tuple[Any, ...], *given: Any) -> Any:
        return method(tuple(row), *[tuple(each) if isinstance(each, tuple) else each for each in given])

    return call


_READ = ("__getitem__", "__contains__", "__add__", "__mul__", "__rmul__", "count", "index")
_COMPARED = ("__lt__", "__le__", "__gt__", "__ge__")
for _name in (*_READ, *_COMPARED):
    setattr(_LazyRow, _name, _with_values(_name))


def lazy(whole: Any, reads: Reads) -> Callable[[Sequence[Any]], Any]:
    """What makes a row of this named tuple of a driver's row."""
    return _kind(whole, whole._fields, reads, {}) if reads else partial(tuple.__new__, whole)


def narrow(whole: Any, columns: Sequence[str], reads: Reads) -> Callable[[Sequence[Any]], Any]:
    """The same, where the driver's row has these columns only."""
    if unknown := set(columns).difference(whole._fields):
        raise TypeError(f"{whole.__name__} has no columns {sorted(unknown)}.")
    placed = _named_tuple(whole.__name__, columns)
    attributes = {name: vars(placed)[name] if name in columns else _Missing(name) for name in whole._fields}
    return _kind(whole, columns, reads, attributes)


def _kind(
    whole: Any, columns: Sequence[str], reads: Reads, attributes: Mapping[str, Any]
) -> Callable[[Sequence[Any]], Any]:
    converted = {columns[place]: _Converted(columns[place], place, read) for place, read in reads}
    own = {"_whole": whole, "_columns": tuple(columns), **attributes, **converted}
    return partial(tuple.__new__, type(whole.__name__, (_LazyRow, whole), own))


def converted(row: Sequence[Any], reads: Reads) -> Sequence[Any]:
    """All values of a driver's row, at once."""
    values = [*row]
    for place, read in reads:
        if (value := values[place]) is not None:
            values[place] = read(value)
    return values
