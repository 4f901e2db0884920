"""Rows whose values are converted when they are asked for.

A page of customers has two addresses each, stored as JSON, to show six names: reading the JSON takes longer
than all the rest. So a row holds what the driver has given, and a moment, a day or JSON is made of it the
first time that it is asked for. What needs no conversion is read as from any named tuple.

Such a row is a kind of the named tuple that it is read as. Whatever else a tuple can do (be iterated,
unpacked, compared, copied) it does with its converted values, so nobody meets a stored one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NoReturn, SupportsIndex

Read = Callable[[Any], Any]
"""Converts a stored value that is not null."""
Reads = tuple[tuple[int, Read], ...]
"""What has to be converted, by the places of the columns."""

_stored = tuple.__getitem__


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


class _LazyRow(tuple[Any, ...]):
    _whole: type[tuple[Any, ...]]
    """The named tuple of which it is a kind."""
    _fields: tuple[str, ...]

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
        return repr(self._whole(*self))

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
    if not reads:
        return partial(tuple.__new__, whole)
    names: Sequence[str] = whole._fields
    columns = {names[place]: _Converted(names[place], place, read) for place, read in reads}
    kind = type(whole.__name__, (_LazyRow, whole), {"_whole": whole, **columns})
    return partial(tuple.__new__, kind)


def converted(row: Sequence[Any], reads: Reads) -> Sequence[Any]:
    """All values of a driver's row, at once."""
    values = [*row]
    for place, read in reads:
        if (value := values[place]) is not None:
            values[place] = read(value)
    return values
