"""What is kept for a connection of PostgreSQL's driver: what is prepared on it, and what is still to be sent.

Each wait for PostgreSQL costs two changes of processes, and the interpreter's lock. So a statement whose
result nobody looks at, or not yet, can be put off: it is sent with the next one, and BEGIN with the first.
What is left to send when a transaction is committed goes with the COMMIT.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, NoReturn

import psycopg
from psycopg.adapt import Transformer
from psycopg.errors import InvalidSqlStatementName
from psycopg.pq import TransactionStatus
from psycopg.pq.abc import PGresult
from psycopg.types.string import TextLoader
from sqlalchemy import Connection, Engine

from invoicing.storage.compiled import Row
from invoicing.storage.postgresql_pipeline import Asked, Sent, begin, checked, results
from invoicing.storage.postgresql_values import encoded

MOST_PREPARED = 500  # on a connection: some dozens of kilobytes each, in PostgreSQL
PREPARED_AFTER = 4  # executions on a connection: what runs once costs the server no memory
_SESSION = "invoicing"  # the attribute of the driver's connection
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
        self._put_off: list[Asked] = []

    def loaded(self, result: PGresult) -> Sequence[Row]:
        """The rows, their values read as the driver does, but for JSON, which stays text."""
        self._transformer.set_pgresult(result)
        found: Sequence[Row] = self._transformer.load_rows(0, result.ntuples, tuple)
        self._transformer.set_pgresult(None)
        return found

    def executed(self, call: Call) -> PGresult:
        """The result, after that of what was put off."""
        asked = Asked(self._sent(call))
        self._execute(asked)
        return self.result_of(asked)

    def result_of(self, asked: Asked) -> PGresult:
        """The result of what was put off."""
        if asked.result is None:
            self.flush()
        if asked.result is None:
            raise LookupError("A statement was undone before it was sent.")
        return asked.result

    def put_off(self, call: Call, failed: Callable[[psycopg.Error], NoReturn] | None = None) -> Asked:
        """Executes it with the next statement, which does not come to anything if this one fails."""
        asked = Asked(self._sent(call), failed)
        self._put_off.append(asked)
        return asked

    def execute(self, *calls: Call) -> None:
        """Executes them at once, after what was put off."""
        self._execute(*[Asked(self._sent(call)) for call in calls])

    def flush(self) -> None:
        """Executes what was put off."""
        if self._put_off:
            self._execute()

    def forget(self, since: Asked | None = None) -> None:
        """Forgets what was put off: all of it, or from this statement on if it is among it."""
        del self._put_off[self._put_off.index(since) if since in self._put_off else 0 :]

    def commit(self) -> None:
        """Commits with what was put off; nothing is committed if that fails."""
        if not self._put_off:
            self._driver.commit()
            return
        try:
            self._execute(Asked(Sent(b"COMMIT")))
        except Exception:
            with suppress(psycopg.Error):  # it is lost
                self._driver.rollback()  # not SQLAlchemy's part: a COMMIT that fails ends the transaction
            raise

    def roll_back(self) -> None:
        self.forget()
        self._driver.rollback()

    def _execute(self, *more: Asked) -> None:
        """Executes what was put off, and then these."""
        asked, self._put_off = [*self._put_off, *more], []
        if self._driver.pgconn.transaction_status == TransactionStatus.IDLE and not self._driver.autocommit:
            asked.insert(0, Asked(begin(self._driver)))
        try:
            found = self._results([each.sent for each in asked])
        except psycopg.Error as failure:
            self._close_if_lost(failure)
            raise
        except BaseException:  # in the middle of a pipeline
            self._driver.close()
            raise
        for each, result in zip(asked, found, strict=True):
            self._take(each, result)

    def _take(self, asked: Asked, result: PGresult) -> None:
        try:
            asked.result = checked(result)
        except psycopg.Error as failure:
            if isinstance(failure, InvalidSqlStatementName):  # somebody between us and PostgreSQL forgot them
                self._names.clear()
            self._close_if_lost(failure)
            if asked.failed is not None:
                asked.failed(failure)
            raise

    def _close_if_lost(self, failure: psycopg.Error) -> None:
        """Also where libpq could not send and does not know yet that the connection is lost."""
        if isinstance(failure, psycopg.OperationalError) and failure.sqlstate is None:
            self._driver.close()

    def _results(self, statements: Sequence[Sent]) -> Sequence[PGresult]:
        if len(statements) == 1:
            return [self._result(*statements)]
        return results(self._driver.pgconn, statements)

    def _result(self, sent: Sent) -> PGresult:
        libpq = self._driver.pgconn
        if sent.name is None:
            result: PGresult = libpq.exec_params(sent.query, sent.values, sent.types)
        else:
            result = libpq.exec_prepared(sent.name, sent.values)
        return result

    def _sent(self, call: Call) -> Sent:
        return Sent(call.query, encoded(call.values), call.types, self._name_of(call))

    def _name_of(self, call: Call) -> bytes | None:
        """The name of what is prepared; None for what was executed only a few times, or is one too many.

        Nothing can be prepared in a transaction that failed.
        """
        if name := self._names.get(call.query):
            return name
        if len(self._names) >= MOST_PREPARED:
            return None
        uses = self._uses[call.query] = self._uses.get(call.query, 0) + 1
        libpq = self._driver.pgconn
        if uses <= PREPARED_AFTER or libpq.transaction_status == TransactionStatus.INERROR:
            return None
        name = b"invoicing_%d" % next(_numbers)
        try:
            checked(libpq.prepare(name, call.query, call.types))
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


def undo(connection: Connection, *statements: str) -> None:
    """Executes them instead of what was put off."""
    session_of(driver_of(connection)).forget()
    execute(connection, *statements)


def send_in_time(engine: Engine) -> None:
    """From now on the engine's transactions end with what was put off in them."""
    dialect: Any = engine.dialect
    dialect.do_commit = lambda driver: session_of(driver.dbapi_connection).commit()
    dialect.do_rollback = lambda driver: session_of(driver.dbapi_connection).roll_back()
