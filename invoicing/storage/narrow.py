"""Statements that read whole rows, or only those columns of them that somebody asks for.

An invoice has thirty columns, of which one is the frozen invoice with all its lines: a page of fifty invoices
takes half as long to read without what nobody asks for.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, FromClause, Select, select

from invoicing.storage.prepared import Prepared

Columns = frozenset[str]
K = TypeVar("K", bound=Hashable)

KEYS = frozenset(("id", "customer_id", "created_at"))
"""Columns that are always read: who may see the row, and where it is in a list."""
MOST = 32
"""Statements for narrow rows among those that are kept together: PostgreSQL keeps each of them for each
connection. Whoever asks for further ones gets whole rows."""


def columns_of(
    table: FromClause, names: Columns | None, read_as: Mapping[str, ColumnElement[Any]] = MappingProxyType({})
) -> Select[Any]:
    """Selects these columns of a table, and its keys; all, if there are no names.

    `read_as` has what is selected in place of some of them.
    """
    wanted = [column for column in table.c if names is None or column.name in names | KEYS]
    return select(*[read_as[each.name].label(each.name) if each.name in read_as else each for each in wanted])


class Narrowed(Generic[K]):
    """Statements that are prepared when they are first asked for, each for whole rows and for narrow ones.

    `select` makes the statement of a kind with these columns, or with all.
    """

    def __init__(self, select: Callable[[K, Columns | None], Select[Any]]) -> None:
        self._select = select
        self._whole: dict[K, Prepared] = {}
        self._narrow: dict[tuple[K, Columns], Prepared] = {}

    def reading(self, kind: K, columns: Columns | None) -> Prepared:
        if columns is not None:
            found = self._narrow.get((kind, columns))
            if found is not None:
                return found
            if len(self._narrow) < MOST:
                made = self._narrow[kind, columns] = Prepared(self._select(kind, columns))
                return made
        if kind not in self._whole:
            self._whole[kind] = Prepared(self._select(kind, None))
        return self._whole[kind]
