"""A compiled statement that goes to libpq, the library below the driver of PostgreSQL.

For each execution the driver (Psycopg) looks for `%` in the text, asks each value how it is written, and
looks after cursors and waiting in Python: 80 µs, where libpq takes 18. Errors, connections and the reading of
values stay Psycopg's.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from datetime import UTC
from typing import Any, ClassVar, NamedTuple

import orjson
import psycopg
from psycopg.adapt import Transformer
from psycopg.errors import InvalidSqlStatementName, error_from_result
from psycopg.pq import DiagnosticField, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult
from psycopg.types.json import Json
from sqlalchemy import Boolean, Connection, Dialect

from invoicing.storage import changes
from invoicing.storage.compiled import Compiled, Parameters, Row, Statement
from invoicing.storage.postgresql_values import encoded
from invoicing.storage.tables.base import Instant

PREPARED_AFTER = 4  # executions on a connection: what runs once costs the server no memory
_OK = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK)
_BOOL = 16  # its number in PostgreSQL, to which nothing else in a statement would lead
_STATE = "libpq"  # in `connection.info`, which lives as long as the driver's connection
_PARAMETER = re.compile(r"%\((\w+)\)s|%%")
_numbers = itertools.count()
_NUMBER = re.compile(r"\$\d+")
_LIST = re.compile(r"= ANY \(\$(\d+)::VARCHAR\[\]\)")


class CompiledForPostgreSQL(Compiled):
    direct_readers: ClassVar = {Instant: lambda moment: moment.replace(tzinfo=UTC)}

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
        result = self._executed(connection, self._call(self._written(parameters)))
        if not result.ntuples:
            return []
        if self._is_change:
            changes.note(connection)
        return self._read(_state_of(connection).loaded(result))

    def run(self, connection: Connection, rows: Sequence[Parameters]) -> None:
        changed = [self._executed(connection, call).command_tuples for call in self._calls(rows)]
        if any(changed):
            changes.note(connection)

    def _calls(self, rows: Sequence[Parameters]) -> list[_Call]:
        """What is sent for these rows: one INSERT for all of them, where that is possible."""
        given = [self._written(row) for row in rows]
        if len(given) > 1 and self._query_together and (together := self._as_json(given)) is not None:
            return [_Call(self._query_together, [together], [0])]
        return [self._call(values) for values in given]

    def _call(self, values: list[Any]) -> _Call:
        if not self._lists or any(len(values[place]) != 1 for place in self._lists):
            return _Call(self._query, values, self._types)
        for place in self._lists:
            (values[place],) = values[place]
        return _Call(self._query_of_one, values, self._types)

    def _as_json(self, given: Sequence[Sequence[Any]]) -> str | None:
        """None, if a value is of a kind that JSON does not have."""
        rows = [dict(zip(self._names, values, strict=True)) for values in given]
        try:
            return orjson.dumps(rows, default=_without_wrapper).decode()
        except TypeError:
            return None

    def _executed(self, connection: Connection, call: _Call) -> PGresult:
        driver = _driver_of(connection)
        try:
            return _state_of(connection).executed(driver, call)
        except connection.dialect.loaded_dbapi.Error as failure:
            _close_if_lost(driver, failure)
            self._fail(connection, failure)


def execute(connection: Connection, statements: str) -> None:
    """Executes statements of our own without values or a result, in the connection's transaction."""
    driver = _driver_of(connection)
    try:
        _checked(_begun(driver).exec_(statements.encode()))
    except connection.dialect.loaded_dbapi.Error as failure:
        _close_if_lost(driver, failure)
        connection._handle_dbapi_exception(failure, statements, None, None, None)


class _Call(NamedTuple):
    query: bytes
    values: Sequence[object]
    types: Sequence[int]


class _State:
    """What is kept for a connection of the driver, as long as it lives."""

    def __init__(self, driver: psycopg.Connection[Any]) -> None:
        self._transformer = Transformer(driver)
        self._uses: dict[bytes, int] = {}
        self._names: dict[bytes, bytes] = {}

    def loaded(self, result: PGresult) -> Sequence[Row]:
        """The rows, their values read as the driver does."""
        self._transformer.set_pgresult(result)
        found: Sequence[Row] = self._transformer.load_rows(0, result.ntuples, tuple)
        self._transformer.set_pgresult(None)
        return found

    def executed(self, driver: psycopg.Connection[Any], call: _Call) -> PGresult:
        libpq: Any = _begun(driver)
        values = [encoded(value) for value in call.values]
        name = self._name_of(driver, call)
        if name is None:
            return _checked(libpq.exec_params(call.query, values, call.types))
        try:
            return _checked(libpq.exec_prepared(name, values))
        except InvalidSqlStatementName:  # something between us and PostgreSQL has forgotten them
            self._names.clear()
            raise

    def _name_of(self, driver: psycopg.Connection[Any], call: _Call) -> bytes | None:
        """The name of what is prepared; None for what was executed only a few times."""
        if name := self._names.get(call.query):
            return name
        uses = self._uses[call.query] = self._uses.get(call.query, 0) + 1
        if uses <= PREPARED_AFTER:
            return None
        name = b"invoicing_%d" % next(_numbers)
        _checked(driver.pgconn.prepare(name, call.query, call.types))
        self._names[call.query] = name
        del self._uses[call.query]
        return name


def _state_of(connection: Connection) -> _State:
    state: _State | None = connection.info.get(_STATE)
    if state is None:
        driver: Any = connection.connection.dbapi_connection
        state = connection.info[_STATE] = _State(driver)
    return state


def _driver_of(connection: Connection) -> Any:
    """The driver's connection, once SQLAlchemy knows that a transaction begins."""
    if not connection.in_transaction():
        connection.begin()
    return connection.connection.dbapi_connection


def _close_if_lost(driver: psycopg.Connection[Any], failure: Exception) -> None:
    """Also where libpq could not send and does not know yet."""
    if isinstance(failure, psycopg.OperationalError) and failure.sqlstate is None:
        driver.close()


def _begun(driver: psycopg.Connection[Any]) -> PGconn:
    """libpq's connection, in a transaction."""
    libpq = driver.pgconn
    if libpq.transaction_status == TransactionStatus.IDLE and not driver.autocommit:
        _checked(libpq.exec_(_begin(driver)))
    return libpq


def _checked(result: PGresult) -> PGresult:
    if result.status in _OK:
        return result
    if not result.error_field(DiagnosticField.SQLSTATE):  # it is libpq's own, and not the server's
        raise psycopg.OperationalError(result.get_error_message())
    raise error_from_result(result)


def _begin(driver: psycopg.Connection[Any]) -> bytes:
    """Begins a transaction as the driver would, which reads of one state are set up with."""
    level, is_read_only = driver.isolation_level, driver.read_only
    asked = [] if level is None else [b"ISOLATION LEVEL", level.name.replace("_", " ").encode()]
    return b" ".join([b"BEGIN", *asked, *([b"READ ONLY"] if is_read_only else [])])


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
