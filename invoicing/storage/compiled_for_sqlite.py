"""A compiled statement that goes to Python's driver of SQLite as it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from itertools import chain
from typing import Any, ClassVar

import orjson
from sqlalchemy import JSON, Connection, Date, Dialect

from invoicing.storage import changes
from invoicing.storage.compiled import Compiled, Parameters, Row, Statement
from invoicing.storage.id_lists import is_id_list, is_storable
from invoicing.storage.tables.base import Instant

_LIST = re.compile(r"IN \(SELECT value FROM json_each\(\?\)\)")
TOGETHER = 50  # rows in one INSERT: an import with one for each row takes a tenth longer


class CompiledForSQLite(Compiled):
    direct_readers: ClassVar = {
        Instant: lambda stored: datetime.fromisoformat(stored).replace(tzinfo=UTC),
        Date: date.fromisoformat,
        JSON: orjson.loads,
    }

    def __init__(self, statement: Statement, dialect: Dialect, columns: Sequence[str]) -> None:
        super().__init__(statement, dialect, columns)
        self._text_together = _for_several(self._text) if columns else ""
        lists = {name for name, bind in self._binds.items() if is_id_list(bind)}
        self._lists = [place for place, name in enumerate(self._names) if name in lists]
        self._text_of_one, changed = _LIST.subn("= ?", self._text)
        self._has_form_of_one = bool(self._lists) and changed == len(self._lists)
        self._writers_of_one = [writer for writer in self._writers if writer[0] not in self._lists]

    def fetch(self, connection: Connection, parameters: Parameters) -> Sequence[Row]:
        text, given = self._sent(parameters)
        cursor = _cursor(connection)
        try:
            cursor.execute(text, given)
            found: Sequence[Row] = cursor.fetchall()
        except connection.dialect.loaded_dbapi.Error as failure:
            self._fail(connection, failure, cursor)
        finally:
            cursor.close()
        if found and self._is_change:
            changes.note(connection)
        return found

    def _sent(self, parameters: Parameters) -> tuple[str, list[Any]]:
        """The statement and its values: a form of its own for lists of ids that have one each.

        SQLite reads a small table from end to end for a list, and takes longer to read the list than a row.
        """
        if not self._has_form_of_one:
            return self._text, self._written(parameters)
        values = self._given(parameters)
        for place in self._lists:
            if len(values[place]) != 1 or not is_storable(values[place][0]):
                return self._text, self._written(parameters)
            (values[place],) = values[place]
        for place, write in self._writers_of_one:
            values[place] = write(values[place])
        return self._text_of_one, values

    def run(self, connection: Connection, rows: Sequence[Parameters]) -> None:
        given = [self._written(row) for row in rows]
        together = len(given) - len(given) % TOGETHER if self._text_together else 0
        cursor = _cursor(connection)
        try:
            for start in range(0, together, TOGETHER):
                cursor.execute(self._text_together, [*chain(*given[start : start + TOGETHER])])
            if len(given) - together == 1:
                cursor.execute(self._text, given[-1])
            elif len(given) > together:
                cursor.executemany(self._text, given[together:])
            changed = cursor.rowcount
        except connection.dialect.loaded_dbapi.Error as failure:
            self._fail(connection, failure, cursor)
        finally:
            cursor.close()
        if changed:
            changes.note(connection)


def _cursor(connection: Connection) -> Any:
    """A cursor of the driver, in the connection's transaction."""
    if not connection.in_transaction():
        connection.begin()
    return connection.connection.cursor()


def _for_several(insert: str) -> str:
    """The INSERT for so many rows at once; empty where something follows on the row."""
    head, values, row = insert.rpartition(" VALUES ")
    is_plain = re.fullmatch(r"\(\?(, \?)*\)", row) is not None
    return f"{head}{values}{', '.join([row] * TOGETHER)}" if is_plain else ""
