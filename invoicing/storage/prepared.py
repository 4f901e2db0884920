"""Statements that are compiled once for each kind of database, and then handed to its driver as they are.

SQLAlchemy prepares every execution anew: 70 to 140 µs for a statement that SQLite runs in 16, and a command
runs a dozen. So what a command or a hot read executes each time is wrapped in `Prepared`. Transactions,
connections, errors and the types of columns stay SQLAlchemy's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any, NoReturn

from sqlalchemy import CompoundSelect, Connection, Delete, Dialect, Insert, Select, Update
from sqlalchemy.types import TypeEngine

from invoicing.storage import changes

TOGETHER = 50  # rows in one INSERT on SQLite, which writes its search index to the file with each statement

Row = Sequence[Any]
Parameters = Mapping[str, object]
Statement = Select[Any] | CompoundSelect[Any] | Insert | Update | Delete


class Prepared:
    """A statement that gets its values as parameters: `bindparam` or, for many at once, `id_list`.

    An INSERT has the columns of the rows that it is executed with.
    """

    def __init__(self, statement: Statement) -> None:
        self.statement = statement
        self._forms: dict[tuple[str, ...], _Form] = {}

    def fetch(self, connection: Connection, key: Parameters) -> tuple[tuple[str, ...], Sequence[Row]]:
        """The names of the result's columns, and its rows."""
        if _is_watched(connection):
            result = connection.execute(self.statement, key)
            return tuple(result.keys()), result.all()
        form = self._form(connection, key)
        return form.columns, form.fetch(connection, key)

    def run(self, connection: Connection, *rows: Parameters) -> None:
        """Executes a statement without a result, once for each row; all rows have the same keys."""
        if not rows:
            return
        if _is_watched(connection):
            connection.execute(self.statement, rows[0] if len(rows) == 1 else rows)
        else:
            self._form(connection, rows[0]).run(connection, rows)

    def _form(self, connection: Connection, row: Parameters) -> _Form:
        columns = tuple(row) if self.statement.is_insert else ()
        kind = (connection.dialect.name, *columns)
        form = self._forms.get(kind)
        if form is None:
            form = self._forms[kind] = _Form(self.statement, connection.dialect, columns)
        return form


class _Form:
    """A statement as one kind of database takes it, and what is done to values on their way in and out."""

    def __init__(self, statement: Statement, dialect: Dialect, columns: Sequence[str]) -> None:
        compiled: Any = statement.compile(dialect=dialect, column_keys=[*columns] or None)
        given = {name: bind for name, bind in compiled.binds.items() if bind.required}
        state = compiled.construct_expanded_state(dict.fromkeys(given))
        results = statement.exported_columns
        self.columns = tuple(str(name) for name, _ in results.items())
        self._text = state.statement
        self._is_change = not statement.is_select
        self._is_positional = state.positiontup is not None
        self._text_together = _for_several(state.statement) if self._is_positional and columns else ""
        self._names = state.positiontup or [*state.parameters]
        self._values_of = _values_of(self._names)
        self._constants = {name: value for name, value in state.parameters.items() if name not in given}
        writers = {name: _impl(bind.type, dialect).bind_processor(dialect) for name, bind in given.items()}
        placed = [(place, writers.get(name)) for place, name in enumerate(self._names)]
        self._writers = [(place, write) for place, write in placed if write is not None]
        readers = [_impl(column.type, dialect).result_processor(dialect, None) for column in results]
        self._readers = [(place, read) for place, read in enumerate(readers) if read is not None]

    def fetch(self, connection: Connection, parameters: Parameters) -> Sequence[Row]:
        given = self._written(parameters)
        cursor = _cursor(connection)
        try:
            cursor.execute(self._text, given)
            found = cursor.fetchall()
        except connection.dialect.loaded_dbapi.Error as failure:
            self._fail(connection, failure, cursor)
        finally:
            cursor.close()
        if found and self._is_change:
            changes.note(connection)
        return [self._read(row) for row in found] if self._readers else found

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

    def _written(self, parameters: Parameters) -> Any:
        """The parameters as the driver takes them. Those that the statement does not have are left out."""
        values = [*self._values_of({**parameters, **self._constants} if self._constants else parameters)]
        for place, write in self._writers:
            values[place] = write(values[place])
        return values if self._is_positional else dict(zip(self._names, values, strict=True))

    def _read(self, row: Row) -> Row:
        values = [*row]
        for place, read in self._readers:
            values[place] = read(values[place])
        return values

    def _fail(self, connection: Connection, failure: Exception, cursor: Any) -> NoReturn:
        """Raises the failure as SQLAlchemy does, which also gives a lost connection up."""
        connection._handle_dbapi_exception(failure, self._text, None, cursor, None)


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


def _values_of(names: Sequence[str]) -> Callable[[Parameters], Sequence[Any]]:
    """The function that picks these values out of the parameters."""
    if len(names) > 1:
        return itemgetter(*names)
    return lambda parameters: [parameters[name] for name in names]


def _impl(of: TypeEngine[Any], dialect: Dialect) -> TypeEngine[Any]:
    return of.dialect_impl(dialect)


def _is_watched(connection: Connection) -> bool:
    """Whether somebody listens to SQLAlchemy's events of statements, which then has to execute them."""
    if not (connection._has_events or connection.engine._has_events):
        return False
    heard = connection.dispatch  # the marks above stay when the last listener has gone
    return bool(heard.before_cursor_execute or heard.after_cursor_execute)
