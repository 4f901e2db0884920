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
from invoicing.storage.tables.base import Instant

TOGETHER = 50  # rows in one INSERT: SQLite writes its search index to the file with each statement


class CompiledForSQLite(Compiled):
    direct_readers: ClassVar = {
        Instant: lambda stored: datetime.fromisoformat(stored).replace(tzinfo=UTC),
        Date: date.fromisoformat,
        JSON: orjson.loads,
    }

    def __init__(self, statement: Statement, dialect: Dialect, columns: Sequence[str]) -> None:
        super().__init__(statement, dialect, columns)
        self._text_together = _for_several(self._text) if columns else ""

    def fetch(self, connection: Connection, parameters: Parameters) -> Sequence[Row]:
        given = self._written(parameters)
        cursor = _cursor(connection)
        try:
            cursor.execute(self._text, given)
            found: Sequence[Row] = cursor.fetchall()
        except connection.dialect.loaded_dbapi.Error as failure:
            self._fail(connection, failure, cursor)
        finally:
            cursor.close()
        if found and self._is_change:
            changes.note(connection)
        return found

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
