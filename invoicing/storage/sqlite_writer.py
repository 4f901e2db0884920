"""SQLite's only writer: a thread that commits all waiting commands together.

No short command waits for the long ones of another account: accounts take turns, a transaction that
has gone on for long enough takes no more commands, and an account whose last one was long begins a new one.
"""

from __future__ import annotations

import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from invoicing.storage import after_commit
from invoicing.storage.failures import is_busy, rolled_back
from invoicing.storage.places import Owner, Places
from invoicing.storage.sqlite_search import SearchIndexes
from invoicing.storage.writer import Batch, Command, Writer

MAX_COMMANDS = 64  # of one transaction
LONG = 0.05  # seconds after which a transaction takes no more commands; a command that takes as long is long
AT_ONCE = 0.5  # seconds: a lock is waited for longer

T = TypeVar("T")


class SQLiteWriter(Writer):
    """Runs commands, alone or several in one transaction: an account's in their order, accounts in turns."""

    def __init__(
        self,
        engine: Engine,
        check: Callable[[Connection], None],
        committed: Callable[[Collection[str]], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`check` refuses a whole transaction before it begins with its commands.

        `committed` is called after each commit, with the topics that its commands notified.
        """
        self._engine = engine
        self._check = check
        self._committed = committed
        self._clock = clock
        self._searches = SearchIndexes()
        self._waiting: Places[Command] = Places(1)
        self._next: Command | None = None  # taken, but left to the next transaction
        self._long: set[Owner] = set()  # the accounts whose last command was long
        self._thread = threading.Thread(target=self._serve, name="write", daemon=True)
        self._thread.start()

    def run(self, work: Callable[[Connection], T]) -> T:
        return self.submit(work).result()

    def submit(self, work: Callable[[Connection], T], owner: Owner = None) -> Future[T]:
        command = Command(work, owner)
        self._waiting.put(owner, command)
        return command.outcome

    def submit_each(self, works: Sequence[Callable[[Connection], T]], owner: Owner) -> list[Future[T]]:
        return [self.submit(work, owner) for work in works]

    def close(self) -> None:
        """Finishes the waiting commands, then ends."""
        self._waiting.close()
        self._thread.join()
        self._engine.dispose()

    def _serve(self) -> None:
        while (first := self._take(wait=True)) is not None:
            self._commit(first)

    def _take(self, *, wait: bool) -> Command | None:
        """The next command that somebody waits for; None when there is none, or the writer is closed."""
        command, self._next = self._next, None
        while command is None:
            try:
                taken = self._waiting.get(wait=wait)
            except queue.Empty:
                return None
            if taken is None:
                return None
            owner, candidate = taken
            if candidate.is_wanted():
                command = candidate
            else:
                self._waiting.leave(owner)
        return command

    def _commit(self, first: Command) -> None:
        """Runs the command, and those that wait by then, in one transaction."""
        batch = Batch(first, MAX_COMMANDS, LONG, self._clock)
        topics: Collection[str] = after_commit.NOTHING
        try:
            with self._begin_checked(batch.commands) as connection:
                self._run_all(connection, batch)
                self._searches.complete(connection)
                topics = after_commit.collect(connection)
                _end(connection)
        except BaseException as failure:  # the transaction was rolled back
            self._searches = SearchIndexes()  # also a migration that made them
            batch.refuse(failure)
        batch.set_outcomes()
        self._committed(topics)

    def _begin_checked(self, commands: list[Command]) -> Connection:
        """Begins a transaction. If it cannot, adds all that wait: each would wait as long for the same."""
        try:
            connection = self._begin()
            try:
                self._check(connection)
            except BaseException:
                connection.close()
                raise
        except BaseException:
            self._waiting.leave(commands[0].owner)
            while len(commands) < MAX_COMMANDS and (command := self._take(wait=False)) is not None:
                self._waiting.leave(command.owner)
                commands.append(command)
            raise
        return connection

    def _run_all(self, connection: Connection, batch: Batch) -> None:
        """Runs the first of them, and those that are taken after it, which it adds."""
        (first,) = batch.commands
        batch.begin()
        if self._waiting.is_empty():
            self._run(first, partial(_run, connection))
            return
        self._run(first, partial(_run_behind_savepoint, connection))
        while not batch.is_full():
            command = self._take(wait=False)
            if command is None:
                return
            if command.owner in self._long:
                self._next = command
                return
            batch.commands.append(command)
            self._run(command, partial(_run_behind_savepoint, connection))

    def _run(self, command: Command, run: Callable[[Command], None]) -> None:
        """Its account's next command comes after all that others put until it is done."""
        began = self._clock()
        try:
            run(command)
        finally:
            if self._clock() - began < LONG:
                self._long.discard(command.owner)
            else:
                self._long.add(command.owner)
            self._waiting.leave(command.owner)

    def _begin(self) -> Connection:
        """Begins a transaction; waits while another process writes.

        SQLite refuses at once, without waiting, if a statement that was not read to its end still holds the
        connection's old snapshot. A new connection waits.
        """
        began = time.monotonic()
        try:
            return _begin(self._engine)
        except OperationalError as failure:
            if not is_busy(failure) or time.monotonic() - began > AT_ONCE:
                raise
            return _begin(self._engine)


def _begin(engine: Engine) -> Connection:
    connection = engine.connect()
    try:
        connection.begin()
    except BaseException:
        connection.invalidate()
        connection.close()
        raise
    return connection


def _end(connection: Connection) -> None:
    """Commits. After some refusals SQLite still has the transaction open, which SQLAlchemy does not end."""
    try:
        connection.commit()
    except BaseException:
        connection.invalidate()
        raise


def _run(connection: Connection, command: Command) -> None:
    """Raises what refuses it."""
    try:
        command.result = command.work(connection)
    except BaseException as refusal:  # any exception is raised in the caller
        command.refusal = refusal
    if not _is_open(connection):
        command.refusal = rolled_back(command.refusal)
    if command.refusal is not None:
        raise command.refusal


def _run_behind_savepoint(connection: Connection, command: Command) -> None:
    connection.exec_driver_sql("SAVEPOINT command")
    try:
        _run(connection, command)
    except BaseException:
        if not _is_open(connection):  # there is no savepoint any more
            raise
        connection.exec_driver_sql("ROLLBACK TO command")
    connection.exec_driver_sql("RELEASE command")


def _is_open(connection: Connection) -> bool:
    """Whether SQLite has not rolled the transaction back by itself."""
    driver = connection.connection.dbapi_connection
    return isinstance(driver, sqlite3.Connection) and driver.in_transaction
