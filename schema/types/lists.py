"""Lists that belong to an object: the whole of one, or a part, and how its objects are made.

The objects are made while the list is read, so that others can have their turn in between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter
from typing import Annotated, Any, Generic, TypeVar, overload

import strawberry

from invoicing.errors import ValidationError

MOST = 1_000

Some = Annotated[
    int | None, strawberry.argument(description=f"How many of them, {MOST:,} at most. Default: all.")
]
AfterId = Annotated[str | None, strawberry.argument(description="Begin after the one with this id.")]

T = TypeVar("T")
R = TypeVar("R")


class LazyList(Sequence[T], Generic[T]):
    """What `make` makes of each row. It is made again each time it is read.

    `shared` is what its objects have in common.
    """

    def __init__(self, rows: Sequence[Any], make: Callable[[Any], T], shared: Any = None) -> None:
        self.rows = rows
        self.shared = shared
        self._make = make

    def of_rows(self, rows: Sequence[Any]) -> LazyList[T]:
        """The same of some of the rows."""
        return LazyList(rows, self._make, self.shared)

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[T]:
        return map(self._make, self.rows)

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> LazyList[T]: ...
    def __getitem__(self, place: int | slice) -> T | LazyList[T]:
        if isinstance(place, slice):
            return self.of_rows(self.rows[place])
        return self._make(self.rows[place])


def part(
    rows: Sequence[R],
    first: int | None,
    after: str | None,
    id_of: Callable[[R], object] = attrgetter("id"),
) -> Sequence[R]:
    """The first so many rows after the one with this id; all of them if neither is given.

    Raises ValidationError if `first` cannot be, or if `after` is not the id of one of them.
    """
    if first is not None and not 0 <= first <= MOST:
        raise ValidationError(f"first must be from 0 to {MOST:,} (it is {first}).", field="first")
    begin = 0 if after is None else _place_after(rows, after, id_of)
    if begin == 0 and first is None:
        return rows
    return rows[begin : None if first is None else begin + first]


def _place_after(rows: Sequence[R], id: str, id_of: Callable[[R], object]) -> int:
    for place, row in enumerate(rows):
        if id_of(row) == id:
            return place + 1
    raise ValidationError(
        "after must be the id of something in the list: nothing there has it.", field="after"
    )
