"""A compiled statement that goes to libpq, the library below the driver of PostgreSQL.

For each execution the driver (Psycopg) looks for `%` in the text, asks each value how it is written, and
looks after cursors and waiting in Python: 80 µs, where libpq takes 18. Errors, connections and the reading of
values stay Psycopg's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC
from functools import partial
from typing import Any, ClassVar, NoReturn

import orjson
import psycopg
from psycopg.pq.abc import PGresult
from psycopg.types.json import Json
from sqlalchemy import JSON, Boolean, Connection, Dialect

from invoicing.storage import changes
from invoicing.storage.compiled import Compiled, Parameters, Refusal, Row, Statement, refused_as
from invoicing.storage.postgresql_session import Call, driver_of, session_of
from invoicing.storage.tables.base import Instant

_BOOL = 16  # its number in PostgreSQL, to which nothing else in a statement would lead
_PARAMETER = re.compile(r"%\((\w+)\)s|%%")
_NUMBER = re.compile(r"\$\d+")
_LIST = re.compile(r"= ANY \(\$(\d+)::VARCHAR\[\]\)")


class CompiledForPostgreSQL(Compiled):
    direct_readers: ClassVar = {Instant: lambda moment: moment.replace(tzinfo=UTC), JSON: orjson.loads}

    def __init__(self, statement: Statement, dialect: Dialect, columns: Sequence[str]) -> None:
        super().__init__(statement, dialect, columns)
        numbers = {name: f"${place}" for place, name in enumerate(self._names, 1)}
        text = _PARAMETER.sub(lambda found: numbers[found[1]] if found[1] else "%", self._text)
        self._query = text.encode()
        bools = {name for name, bind in self._binds.items() if isinstance(bind.type, Boolean)}
        self._types = [_BOOL if name in bools else 0 for name in self._names]
        self._lists, self._query_of_one = _of_one(text)
        self._query_together = b"" if self._constants else _for_several(text, columns).encode()

    def fetch(self, connection: Connection, parameters: Parameters) -> Sequence[Row]:
        return self._rows(connection, self._executed(connection, self._call(self._written(parameters))))

    def ask(self, connection: Connection, parameters: Parameters) -> Callable[[], Sequence[Row]]:
        session = session_of(driver_of(connection))
        try:
            asked = session.put_off(self._call(self._written(parameters)), partial(self._fail, connection))
        except psycopg.Error as failure:
            self._fail(connection, failure)

        def found() -> Sequence[Row]:
            try:
                result = session.result_of(asked)
            except psycopg.Error as failure:
                self._fail(connection, failure)
            return self._rows(connection, result)

        return found

    def run(self, connection: Connection, rows: Sequence[Parameters]) -> None:
        changed = [self._executed(connection, call).command_tuples for call in self._calls(rows)]
        if any(changed):
            changes.note(connection)

    def send(self, connection: Connection, rows: Sequence[Parameters], refusal: Refusal | None) -> None:
        session = session_of(driver_of(connection))
        failed = partial(self._refuse, connection, refusal)
        try:
            for call in self._calls(rows):
                session.put_off(call, failed)
        except psycopg.Error as failure:
            self._fail(connection, failure)
        changes.note(connection)

    def _refuse(self, connection: Connection, refusal: Refusal | None, failure: psycopg.Error) -> NoReturn:
        with refused_as(refusal):
            self._fail(connection, failure)

    def _rows(self, connection: Connection, result: PGresult) -> Sequence[Row]:
        if not result.ntuples:
            return []
        if self._is_change:
            changes.note(connection)
        return session_of(driver_of(connection)).loaded(result)

    def _calls(self, rows: Sequence[Parameters]) -> list[Call]:
        """What is sent for these rows: one INSERT for all of them, where that is possible."""
        given = [self._written(row) for row in rows]
        if len(given) > 1 and self._query_together and (together := self._as_json(given)) is not None:
            return [Call(self._query_together, [together], [0])]
        return [self._call(values) for values in given]

    def _call(self, values: list[Any]) -> Call:
        if not self._lists or any(len(values[place]) != 1 for place in self._lists):
            return Call(self._query, values, self._types)
        for place in self._lists:
            (values[place],) = values[place]
        return Call(self._query_of_one, values, self._types)

    def _as_json(self, given: Sequence[Sequence[Any]]) -> str | None:
        """None, if a value is of a kind that JSON does not have."""
        rows = [dict(zip(self._names, values, strict=True)) for values in given]
        try:
            return orjson.dumps(rows, default=_without_wrapper).decode()
        except TypeError:
            return None

    def _executed(self, connection: Connection, call: Call) -> PGresult:
        try:
            return session_of(driver_of(connection)).executed(call)
        except psycopg.Error as failure:
            self._fail(connection, failure)


def _without_wrapper(value: object) -> Any:
    if isinstance(value, Json):
        return value.obj
    raise TypeError


def _of_one(text: str) -> tuple[Sequence[int], bytes]:
    """The places of the lists of ids, and the statement for lists that have one id each.

    PostgreSQL takes a list for ten ids, so a plan for any list seems worse to it than one for just this list:
    it would plan such a statement each time, which takes longer than executing it.
    """
    lists = sorted({int(found[1]) - 1 for found in _LIST.finditer(text)})
    of_one = _LIST.sub(r"= $\1::VARCHAR", text)
    if "VARCHAR[]" in of_one:
        return [], b""
    return lists, of_one.encode()


def _for_several(insert: str, columns: Sequence[str]) -> str:
    """The INSERT of as many rows as an array of JSON has; empty where it has more than plain values."""
    found = re.fullmatch(r"(INSERT INTO (\w+) (\([^()]+\))) VALUES \([^()]+\)", insert)
    if found is None or len(_NUMBER.findall(insert)) != len(columns):
        return ""
    into, table, named = found.groups()
    rows = f"json_populate_recordset(CAST(NULL AS {table}), CAST($1 AS json))"
    return f"{into} SELECT {named[1:-1]} FROM {rows}"  # noqa: S608 (compiled)
