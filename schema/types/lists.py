"""Lists whose objects are made while they are read, so that others can have their turn in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


class LazyList(Sequence[T], Generic[T]):
    """What `make` makes of each row. It is made again each time it is read."""

    def __init__(self, rows: Sequence[Any], make: Callable[[Any], T]) -> None:
        self._rows = rows
        self._make = make

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[T]:
        return map(self._make, self._rows)

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> LazyList[T]: ...
    def __getitem__(self, place: int | slice) -> T | LazyList[T]:
        if isinstance(place, slice):
            return LazyList(self._rows[place], self._make)
        return self._make(self._rows[place])
