"""Pages of a list whose statements are prepared: to make one takes much longer than to run it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    String,
    bindparam,
    func,
    literal_column,
    select,
    tuple_,
)

from invoicing.access import Principal
from invoicing.storage import rows
from invoicing.storage.narrow import Columns, Narrowed
from invoicing.storage.pages import Condition, Filter, Page, Window, cut, order_of, page, position_of
from invoicing.storage.prepared import Prepared
from invoicing.storage.tables import Instant

T = TypeVar("T")

MOST_FILTERED = 64
"""Statements with conditions that are kept for a list: PostgreSQL keeps each of them for each connection."""

_COUNT = "whole_count"


class _Kind(NamedTuple):
    """What a page's statement depends on."""

    size: int
    backward: bool
    after: bool
    before: bool
    is_of_customer: bool
    is_counted: bool
    names: tuple[str, ...]
    """Of the conditions."""


class PreparedList(Generic[T]):
    """The pages of a list of an account, or of one of its customers."""

    def __init__(
        self,
        statement: Callable[[Columns | None], Select[Any]],
        table: FromClause,
        owner: ColumnElement[Any],
        *,
        as_: type[T],
        conditions: Mapping[str, Condition] | None = None,
    ) -> None:
        """`statement` selects these columns of all rows, `owner` is the customer whose row it is. What a
        condition makes of a value it makes of a parameter too."""
        self._statement = statement
        self._table = table
        self._owner = owner
        self._as = as_
        self._conditions = conditions or {}
        self._pages = Narrowed(self._select)
        self._filtered: dict[tuple[_Kind, Columns | None], Prepared] = {}

    def page(
        self,
        connection: Connection,
        principal: Principal,
        given: Filter,
        window: Window,
        columns: Columns | None,
        otherwise: Callable[[], Sequence[ColumnElement[bool]]],
    ) -> Page[T]:
        """Of what is asked for in another way, or in too many, the statement is made each time: with the
        conditions that `otherwise` gives."""
        values = {name: value for name, value in given.items() if value is not None}
        is_plain = not window.skip and values.keys() <= self._conditions.keys()
        statement = self._reading(_kind_of(principal, values, window), columns) if is_plain else None
        if statement is None:
            made = self._statement(columns)
            return page(connection, made, self._table, otherwise(), window, as_=self._as)
        key = _parameters(principal, values, window)
        if not window.is_counted:
            return cut(rows.some(connection, statement, key, as_=self._as), window)
        found, total = rows.with_last(connection, statement, key, as_=self._as)
        return replace(cut(found, window), total=total)

    def _reading(self, kind: _Kind, columns: Columns | None) -> Prepared | None:
        if not kind.names:
            return self._pages.reading(kind, columns)
        form = (kind, columns)
        if form not in self._filtered and len(self._filtered) < MOST_FILTERED:
            self._filtered[form] = Prepared(self._select(kind, columns))
        return self._filtered.get(form)

    def _select(self, kind: _Kind, columns: Columns | None) -> Select[Any]:
        position = tuple_(self._table.c.created_at, self._table.c.id)
        conditions = [self._table.c.account_id == bindparam("account")]
        if kind.is_of_customer:
            conditions.append(self._owner == bindparam("customer"))
        conditions += [self._conditions[name](bindparam(f"given_{name}")) for name in kind.names]
        whole = self._counted(conditions) if kind.is_counted else ()
        if kind.after:
            conditions.append(position < _position("after"))
        if kind.before:
            conditions.append(position > _position("before"))
        order = order_of(self._table, backward=kind.backward)
        statement = self._statement(columns).add_columns(*whole).where(*conditions).order_by(*order)
        return statement.limit(literal_column(str(kind.size + 1)))

    def _counted(self, conditions: Sequence[ColumnElement[bool]]) -> Sequence[ColumnElement[Any]]:
        """The number of rows in the list, which is found once for all rows of the page."""
        of_list = select(func.count().label("number")).select_from(self._table).where(*conditions)
        return [of_list.correlate(None).scalar_subquery().label(_COUNT)]


def _kind_of(principal: Principal, values: Filter, window: Window) -> _Kind:
    return _Kind(
        window.size,
        window.backward,
        after=window.after is not None,
        before=window.before is not None,
        is_of_customer=principal.customer_id is not None,
        is_counted=window.is_counted,
        names=tuple(sorted(values)),
    )


def _parameters(principal: Principal, values: Filter, window: Window) -> dict[str, Any]:
    key: dict[str, Any] = {"account": principal.account_id, "customer": principal.customer_id}
    key |= {f"given_{name}": value for name, value in values.items()}
    for name, cursor in (("after", window.after), ("before", window.before)):
        if cursor is not None:
            key[f"{name}_moment"], key[f"{name}_id"] = position_of(cursor, name)
    return key


def _position(name: str) -> Any:
    return tuple_(bindparam(f"{name}_moment", type_=Instant), bindparam(f"{name}_id", type_=String))
