"""What is kept for a connection of PostgreSQL's driver: what is prepared on it, and what is still to be sent.

Each wait for PostgreSQL costs two changes of processes, and the interpreter's lock. So a statement whose
result nobody looks at can be put off: it is sent with the next one, and BEGIN with the first. What is left to
send when a transaction is committed goes with the COMMIT.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import psycopg
from psycopg.adapt import Transformer
from psycopg.errors import InvalidSqlStatementName, error_from_result
from psycopg.pq import DiagnosticField, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult
from psycopg.types.string import TextLoader
from sqlalchemy import Connection, Engine

from invoicing.storage.compiled import Row
from invoicing.storage.postgresql_pipeline import Sent, results
from invoicing.storage.postgresql_values import encoded

MOST_PREPARED = 500  # on a connection: some dozens of kilobytes each, in PostgreSQL
PREPARED_AFTER = 4  # executions on a connection: what runs once costs the server no memory
_OK = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK)
_SESSION = "invoicing"  # the attribute of the driver's connection
_COMMIT = Sent(b"COMMIT")
_numbers = itertools.count()


class Call(NamedTuple):
    """A statement and the values of its parameters."""

    query: bytes
    values: Sequence[object] = ()
    types: Sequence[int] = ()


class Session:
    def __init__(self, driver: psycopg.Connection[Any]) -> None:
        self._driver: Any = driver
        adapted = driver.cursor()  # which has adapters of its own
        adapted.adapters.register_loader("json", TextLoader)
        self._transformer = Transformer(adapted)
        self._uses: dict[bytes, int] = {}
        self._names: dict[bytes, bytes] = {}
        self._put_off: list[Sent] = []

    def loaded(self, result: PGresult) -> Sequence[Row]:
        """The rows, their values read as the driver does, but for JSON, which stays text."""
        self._transformer.set_pgresult(result)
        found: Sequence[Row] = self._transformer.load_rows(0, result.ntuples, tuple)
        self._transformer.set_pgresult(None)
        return found

    def executed(self, call: Call) -> PGresult:
        """The result, after that of what was put off."""
        return self._executed([self._sent(call)])

    def put_off(self, call: Call) -> None:
        """Executes it with the next statement. If it fails, so does that one."""
        self._put_off.append(self._sent(call))

    def execute(self, *calls: Call) -> None:
        """Executes them at once, after what was put off."""
        self._executed([self._sent(call) for call in calls])

    def flush(self) -> None:
        """Executes what was put off."""
        if self._put_off:
            self._executed([])

    def commit(self) -> None:
        """Commits with what was put off; nothing is committed if that fails."""
        if not self._put_off:
            self._driver.commit()
            return
        try:
            self._executed([_COMMIT])
        except psycopg.Error:
            with suppress(psycopg.Error):  # it is lost
                self._driver.rollback()  # not SQLAlchemy's part: a COMMIT that fails ends the transaction
            raise

    def roll_back(self) -> None:
        self._put_off.clear()
        self._driver.rollback()

    def _executed(self, sent: Sequence[Sent]) -> PGresult:
        """Executes what was put off, and then these; returns the last result."""
        statements, self._put_off = [*self._put_off, *sent], []
        if self._driver.pgconn.transaction_status == TransactionStatus.IDLE and not self._driver.autocommit:
            statements.insert(0, Sent(_begin(self._driver)))
        try:
            if len(statements) == 1:
                return _checked(self._result(*statements))
            return [_checked(each) for each in results(self._driver.pgconn, statements)][-1]
        except InvalidSqlStatementName:  # something between us and PostgreSQL has forgotten them
            self._names.clear()
            raise
        except psycopg.Error as failure:
            self._close_if_lost(failure)
            raise
        except BaseException:  # in the middle of a pipeline
            self._driver.close()
            raise

    def _close_if_lost(self, failure: psycopg.Error) -> None:
        """Also where libpq could not send and does not know yet that the connection is lost."""
        if isinstance(failure, psycopg.OperationalError) and failure.sqlstate is None:
            self._driver.close()

    def _result(self, sent: Sent) -> PGresult:
        libpq = self._driver.pgconn
        if sent.name is None:
            result: PGresult = libpq.exec_params(sent.query, sent.values, sent.types)
        else:
            result = libpq.exec_prepared(sent.name, sent.values)
        return result

    def _sent(self, call: Call) -> Sent:
        values = [encoded(value) for value in call.values]
        return Sent(call.query, values, call.types, self._name_of(call))

    def _name_of(self, call: Call) -> bytes | None:
        """The name of what is prepared; None for what was executed only a few times, or is one too many."""
        if name := self._names.get(call.query):
            return name
        if len(self._names) >= MOST_PREPARED:
            return None
        uses = self._uses[call.query] = self._uses.get(call.query, 0) + 1
        if uses <= PREPARED_AFTER:
            return None
        name = b"invoicing_%d" % next(_numbers)
        try:
            _checked(self._driver.pgconn.prepare(name, call.query, call.types))
        except psycopg.Error as failure:
            self._close_if_lost(failure)
            raise
        self._names[call.query] = name
        del self._uses[call.query]
        return name


def session_of(driver: psycopg.Connection[Any]) -> Session:
    """It lives as long as the driver's connection, which has it."""
    session: Session | None = getattr(driver, _SESSION, None)
    if session is None:
        session = Session(driver)
        setattr(driver, _SESSION, session)
    return session


def driver_of(connection: Connection) -> Any:
    """The driver's connection, once SQLAlchemy knows that a transaction begins."""
    if not connection.in_transaction():
        connection.begin()
    return connection.connection.dbapi_connection


def execute(connection: Connection, *statements: str) -> None:
    """Executes statements of our own without values or a result, in the connection's transaction."""
    try:
        session_of(driver_of(connection)).execute(*(Call(each.encode()) for each in statements))
    except psycopg.Error as failure:
        connection._handle_dbapi_exception(failure, "; ".join(statements), None, None, None)


def send_in_time(engine: Engine) -> None:
    """From now on the engine's transactions end with what was put off in them."""
    dialect: Any = engine.dialect
    dialect.do_commit = lambda driver: session_of(driver.dbapi_connection).commit()
    dialect.do_rollback = lambda driver: session_of(driver.dbapi_connection).roll_back()


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
