"""Pages of a list, newest first. A cursor is a position in the index, so all pages cost the same."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    func,
    literal,
    select,
    tuple_,
)

from invoicing.access import Principal
from invoicing.errors import ValidationError
from invoicing.storage import rows
from invoicing.storage.tables import Instant

T = TypeVar("T")
Condition = Callable[[Any], ColumnElement[bool]]
Filter = Mapping[str, Any]
"""The conditions that a caller sets on a list: names and values."""

MAX_SIZE = 100
DEFAULT_SIZE = 20


@dataclass(frozen=True, slots=True)
class Window:
    """Which page, in Relay's arguments: `first` after a cursor, or `last` before one.

    `skip` leaves out that many rows, for lists with page numbers, where later pages cost more. With
    `is_counted` the list is counted by the page's own statement, if that is prepared and the page has rows.
    """

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None
    skip: int = 0
    is_counted: bool = False

    @property
    def backward(self) -> bool:
        return self.last is not None

    @property
    def size(self) -> int:
        if self.first is not None and self.last is not None:
            raise ValidationError("Ask for the first or for the last, not for both.", field="last")
        field, chosen = ("last", self.last) if self.backward else ("first", self.first)
        size = DEFAULT_SIZE if chosen is None else chosen
        if not 0 <= size <= MAX_SIZE:
            raise ValidationError(f"{field} must be from 0 to {MAX_SIZE} (it is {size}).", field=field)
        return size


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    rows: Sequence[T]
    has_next: bool
    has_previous: bool
    total: int | None = None
    """Of the whole list, where it was counted with the page."""


def page(
    connection: Connection,
    statement: Select[Any],
    table: FromClause,
    conditions: Sequence[ColumnElement[bool]],
    window: Window,
    *,
    as_: type[T],
) -> Page[T]:
    """The window's rows of `table`, by (created_at, id) descending. They have the statement's columns."""
    position = tuple_(table.c.created_at, table.c.id)
    bounds = []
    if window.after is not None:
        bounds.append(position < _position(window.after, "after"))
    if window.before is not None:
        bounds.append(position > _position(window.before, "before"))
    in_window = (
        statement.where(*conditions, *bounds)
        .order_by(*order_of(table, backward=window.backward))
        .limit(window.size + 1)
        .offset(window.skip or None)
    )
    return cut(rows.some(connection, in_window, as_=as_), window)


def order_of(table: FromClause, *, backward: bool) -> tuple[ColumnElement[Any], ...]:
    if backward:
        return table.c.created_at, table.c.id
    return table.c.created_at.desc(), table.c.id.desc()


def cut(found: list[T], window: Window) -> Page[T]:
    """The page of what was found: one row more than it has, if there is one."""
    has_more = len(found) > window.size
    found = found[: window.size]
    if window.backward:
        return Page(found[::-1], has_next=window.before is not None, has_previous=has_more)
    return Page(found, has_next=has_more, has_previous=window.after is not None)


def count(connection: Connection, table: FromClause, conditions: Sequence[ColumnElement[bool]]) -> int:
    return int(connection.execute(select(func.count()).select_from(table).where(*conditions)).scalar_one())


def where(
    table: FromClause,
    conditions: Mapping[str, Condition],
    principal: Principal,
    given: Filter,
    *,
    owner: ColumnElement[Any],
    search: Condition,
) -> list[ColumnElement[bool]]:
    """The account's rows that meet the conditions; in a customer's session only that customer's.

    `search` has to say that a row is the account's, and how its words are found.
    """
    values = {name: value for name, value in given.items() if value is not None}
    wanted = values.pop("search", None)
    chosen = [conditions[name](value) for name, value in values.items()]
    if principal.customer_id is not None:
        chosen.append(owner == principal.customer_id)
    own = table.c.account_id == principal.account_id if wanted is None else search(wanted)
    return [own, and_(True, *chosen)]


def cursor(created_at: datetime, id: str) -> str:
    return base64.urlsafe_b64encode(f"{created_at.isoformat()}|{id}".encode()).decode()


def _position(cursor: str, field: str) -> Any:
    moment, id = position_of(cursor, field)
    return tuple_(literal(moment, Instant), literal(id))


def position_of(cursor: str, field: str) -> tuple[datetime, str]:
    try:
        moment, _, id = base64.urlsafe_b64decode(cursor.encode()).decode().partition("|")
        return _bound(datetime.fromisoformat(moment), id)
    except (ValueError, OverflowError, binascii.Error):
        raise ValidationError(
            f"{field} is not a cursor: take it from pageInfo or an edge.", field=field
        ) from None


def _bound(moment: datetime, id: str) -> tuple[datetime, str]:
    if moment.tzinfo is None or not id or "\0" in id:
        raise ValueError(id)
    return moment.astimezone(UTC), id
