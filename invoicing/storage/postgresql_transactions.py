"""Transactions of PostgreSQL: of one command, or of several that share a commit.

The first command of a transaction runs as if it were alone. Those that follow run behind a savepoint each,
and wait for a lock only for a moment: the transaction has locks already, so whoever has what they wait for
may wait for it too. What would have to wait longer, or fails otherwise than by a refusal, goes back to its
savepoint and begins the next transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, TypeVar

from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from invoicing.errors import DatabaseUnavailable, InvoicingError
from invoicing.storage import after_commit
from invoicing.storage.failures import DEADLOCK, NOT_PREPARED, is_lost, repeated_if_lost, sqlstate
from invoicing.storage.hangs import Hangs
from invoicing.storage.lanes import Lane
from invoicing.storage.postgresql_session import execute, undo
from invoicing.storage.writer import Batch, Command

MAX_DEADLOCKS = 5  # of one command, one after the other
MOMENT = 30  # milliseconds that a command waits for a lock if it is not the first of its transaction
_FIRST_SAVEPOINT = (f"SET LOCAL lock_timeout = {MOMENT}", "SAVEPOINT command")
_NEXT_SAVEPOINT = ("RELEASE command", "SAVEPOINT command")
_ROLLBACK = "ROLLBACK TO command"
_COMMIT_LOST = (
    "The connection to the database was lost in the moment of storing this: it is done completely or not at "
    "all. Look, or try again with the same id or idempotency key."
)

T = TypeVar("T")


class Transactions:
    def __init__(
        self,
        engine: Engine,
        hangs: Hangs,
        check: Callable[[Connection], None],
        deadlocked: Callable[[], None],
    ) -> None:
        """`check` refuses a transaction before its first command. `deadlocked` is called for each transaction
        that PostgreSQL rolls back to end a deadlock."""
        self._engine = engine
        self._hangs = hangs
        self._check = check
        self._deadlocked = deadlocked

    def run(self, work: Callable[[Connection], T]) -> tuple[T, Collection[str]]:
        """Runs a command alone, again if it was lost or deadlocked. Also returns the topics it notified."""
        return repeated_if_lost(lambda: self._repeated_if_deadlocked(work), self._engine)

    def run_together(self, batch: Batch, lane: Lane) -> Collection[str]:
        """Runs the batch's first command, and then those of the lane, which it adds. Returns their topics.

        If it raises, nothing of the batch is stored; DatabaseUnavailable may say that nobody knows.
        """
        (first,) = batch.commands
        try:
            with self._hangs.connected(self._engine) as connection:
                self._check(connection)
                first.result = _completed(connection, first.work)
                batch.begin()
                _follow(connection, batch, lane)
                return _committed(connection)
        except DBAPIError as failure:
            if sqlstate(failure) == DEADLOCK:
                self._deadlocked()
            raise

    def _repeated_if_deadlocked(self, work: Callable[[Connection], T]) -> tuple[T, Collection[str]]:
        """Runs a command again if PostgreSQL rolls it back to end a deadlock with another one.

        The lock order (`invoicing.locks`) prevents deadlocks; this is a safety net for one that it misses.
        """
        attempts_left = MAX_DEADLOCKS
        while True:
            try:
                with self._hangs.connected(self._engine) as connection:
                    self._check(connection)
                    return _completed(connection, work), _committed(connection)
            except DBAPIError as failure:
                if sqlstate(failure) != DEADLOCK:
                    raise
                self._deadlocked()
                attempts_left -= 1
                if not attempts_left:
                    raise


def is_repeated(failure: BaseException) -> bool:
    """Whether a command that failed like this may succeed if it is run again at once."""
    if not isinstance(failure, DBAPIError):
        return False
    return is_lost(failure) or sqlstate(failure) in (DEADLOCK, *NOT_PREPARED)


def _follow(connection: Connection, batch: Batch, lane: Lane) -> None:
    """Runs commands of the lane, each behind a savepoint, as long as the batch takes more."""
    is_first = True
    while not batch.is_full() and (command := lane.next()) is not None:
        if is_first:
            _finish_first(connection, command, lane)
            is_first = False
        batch.commands.append(command)
        lane.begin()
        if not _is_done(connection, command):
            lane.put_back(batch.commands.pop())
            return


def _finish_first(connection: Connection, next_command: Command, lane: Lane) -> None:
    """Waits for what the first command has put off, so that it fails without the next one."""
    try:
        execute(connection, *_FIRST_SAVEPOINT)
    except BaseException:
        lane.put_back(next_command)
        raise


def _is_done(connection: Connection, command: Command) -> bool:
    """Runs it behind the savepoint that was set, and sets the next one.

    False if it is to be run again; nothing of it is left.
    """
    try:
        command.result = _completed(connection, command.work)
        execute(connection, *_NEXT_SAVEPOINT)
    except BaseException as failure:  # any exception is raised in the caller
        if isinstance(failure, DBAPIError) and is_lost(failure):
            raise
        undo(connection, _ROLLBACK)
        if not isinstance(failure, InvoicingError) or isinstance(failure, DatabaseUnavailable):
            return False
        command.refusal = failure
    return True


def _completed(connection: Connection, work: Callable[[Connection], T]) -> T:
    """What the command returns.

    PostgreSQL takes the COMMIT of a transaction with a failed statement, and rolls it back in silence.
    """
    result = work(connection)
    driver: Any = connection.connection.dbapi_connection
    if driver.info.transaction_status == TransactionStatus.INERROR:
        raise RuntimeError("A command went on after a statement that failed: all of it is rolled back.")
    return result


def _committed(connection: Connection) -> Collection[str]:
    topics = after_commit.collect(connection)
    try:
        connection.commit()
    except DBAPIError as failure:
        if not is_lost(failure):
            raise
        raise DatabaseUnavailable(_COMMIT_LOST) from failure
    return topics
