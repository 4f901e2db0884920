"""Statements that are compiled once for each kind of database, and then handed to its driver as they are.

SQLAlchemy prepares every execution anew: 70 to 140 µs for a statement that SQLite runs in 16, and a command
runs a dozen. So what a command or a hot read executes each time is wrapped in `Prepared`. Transactions,
connections, errors and the types of columns stay SQLAlchemy's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import NamedTuple

from sqlalchemy import ClauseElement, Connection, Dialect, Insert

from invoicing.storage.compiled import Compiled, Parameters, Refusal, Row, Statement, refused_as
from invoicing.storage.lazy_rows import Reads, converted


class Fetched(NamedTuple):
    """The names of a result's columns, its rows, and what has to be converted in them."""

    columns: tuple[str, ...]
    rows: Sequence[Row]
    reads: Reads = ()

    def converted(self) -> Sequence[Row]:
        return [converted(row, self.reads) for row in self.rows] if self.reads else self.rows


class Prepared:
    """A statement that gets its values as parameters: `bindparam` or, for many at once, `id_list`.

    An INSERT has the columns of the rows that it is executed with, unless it inserts what it selects.
    """

    def __init__(self, statement: Statement | Callable[[], Statement]) -> None:
        """A function makes the statement when it is first executed, so that a start does not wait for it."""
        self._given = statement
        self._forms: dict[str, Compiled] = {}
        """By the kind of database."""
        self._forms_of_rows: dict[tuple[str, ...], Compiled] = {}
        """Of an INSERT of values: also by the columns of the rows."""

    @cached_property
    def statement(self) -> Statement:
        return self._given if isinstance(self._given, ClauseElement) else self._given()

    def fetch(self, connection: Connection, key: Parameters) -> Fetched:
        if _is_watched(connection):
            result = connection.execute(self.statement, key)
            return Fetched(tuple(result.keys()), result.all())
        form = self._form(connection, key)
        return Fetched(form.columns, form.fetch(connection, key), form.reads)

    def ask(self, connection: Connection, key: Parameters) -> Callable[[], Fetched]:
        """`fetch` of which the rows are looked at later: on PostgreSQL it goes with the next statement.

        What is returned waits for them, if they are not there yet.
        """
        if _is_watched(connection):
            fetched = self.fetch(connection, key)
            return lambda: fetched
        form = self._form(connection, key)
        found = form.ask(connection, key)
        return lambda: Fetched(form.columns, found(), form.reads)

    def run(self, connection: Connection, *rows: Parameters) -> None:
        """Executes a statement without a result, once for each row; all rows have the same keys."""
        if not rows:
            return
        if _is_watched(connection):
            connection.execute(self.statement, rows[0] if len(rows) == 1 else rows)
        else:
            self._form(connection, rows[0]).run(connection, rows)

    def send(self, connection: Connection, *rows: Parameters, refusal: Refusal | None = None) -> None:
        """`run` without a wait for the database.

        On PostgreSQL it goes with the next statement or the commit, and only then fails; what comes next is
        not done if it does. A clash becomes the error that `refusal` makes of it. Without one it is for what
        the database refuses only if there is a bug.
        """
        if not rows:
            return
        if _is_watched(connection):
            with refused_as(refusal):
                self.run(connection, *rows)
        else:
            self._form(connection, rows[0]).send(connection, rows, refusal)

    def _form(self, connection: Connection, row: Parameters) -> Compiled:
        dialect = connection.dialect
        form = self._forms.get(dialect.name)
        if form is not None:
            return form
        if not isinstance(self.statement, Insert) or self.statement.select is not None:
            form = self._forms[dialect.name] = _compiled(self.statement, dialect, ())
            return form
        kind = (dialect.name, *row)
        form = self._forms_of_rows.get(kind)
        if form is None:
            form = self._forms_of_rows[kind] = _compiled(self.statement, dialect, tuple(row))
        return form


def _compiled(statement: Statement, dialect: Dialect, columns: Sequence[str]) -> Compiled:
    # Late, or each database would wait until the driver of the other one is loaded.
    if dialect.name == "sqlite":
        from invoicing.storage.compiled_for_sqlite import CompiledForSQLite

        return CompiledForSQLite(statement, dialect, columns)
    from invoicing.storage.compiled_for_postgresql import CompiledForPostgreSQL

    return CompiledForPostgreSQL(statement, dialect, columns)


def _is_watched(connection: Connection) -> bool:
    """Whether somebody listens to SQLAlchemy's events of statements, which then has to execute them."""
    if not (connection._has_events or connection.engine._has_events):
        return False
    heard = connection.dispatch  # the marks above stay when the last listener has gone
    return bool(
        heard.before_cursor_execute
        or heard.after_cursor_execute
        or heard.before_execute
        or heard.after_execute
    )
