"""SQLite's only writer: a thread that commits all waiting commands together.

A commit that survives a power cut waits for the disk, which takes longer than the commands themselves. So the
commands that arrived in the meantime share one commit. Each has its own savepoint, so that one that fails
does not undo the others. No command returns before the common commit is done.
"""

from __future__ import annotations

import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from invoicing.storage import after_commit
from invoicing.storage.places import Owner, Places

MAX_COMMANDS = 64
AT_ONCE = 0.5  # seconds: a lock is waited for longer

T = TypeVar("T")


@dataclass(slots=True)
class Command:
    """Work that waits for the writer, and the future for its outcome."""

    work: Callable[[Connection], Any]
    outcome: Future[Any] = field(default_factory=Future)
    result: Any = None
    refusal: BaseException | None = None

    def run(self, connection: Connection) -> None:
        try:
            self.result = self.work(connection)
        except BaseException as refusal:  # any exception is raised in the caller
            self.refusal = refusal
            raise

    def set_outcome(self) -> None:
        if self.refusal is None:
            self.outcome.set_result(self.result)
        else:
            self.outcome.set_exception(self.refusal)


class Writer:
    """Runs commands, alone or several in one transaction: an account's in their order, accounts in turns."""

    def __init__(
        self,
        engine: Engine,
        check: Callable[[Connection], None],
        committed: Callable[[Collection[str]], None],
    ) -> None:
        """`check` refuses a whole transaction before it begins with its commands.

        `committed` is called after each commit, with the topics that its commands notified.
        """
        self._engine = engine
        self._check = check
        self._committed = committed
        self._waiting: Places[Command] = Places(1)
        self._thread = threading.Thread(target=self._serve, name="write", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[Connection], T], owner: Owner = None) -> Future[T]:
        command = Command(work)
        self._waiting.put(owner, command)
        return command.outcome

    def close(self) -> None:
        """Finishes the waiting commands, then ends."""
        self._waiting.close()
        self._thread.join()
        self._engine.dispose()

    def _serve(self) -> None:
        while (commands := self._next_commands()) is not None:
            live = [command for command in commands if command.outcome.set_running_or_notify_cancel()]
            if live:
                self._commit(live)

    def _next_commands(self) -> list[Command] | None:
        """The waiting commands, at least one; None when the writer is closed."""
        commands: list[Command] = []
        while len(commands) < MAX_COMMANDS:
            try:
                taken = self._waiting.get(wait=not commands)
            except queue.Empty:
                break
            if taken is None:
                break
            owner, command = taken
            self._waiting.leave(owner)  # so that the accounts take turns
            commands.append(command)
        return commands or None

    def _commit(self, commands: Sequence[Command]) -> None:
        topics: Collection[str] = after_commit.NOTHING
        try:
            with self._begin() as connection:
                self._check(connection)
                _run(connection, commands)
                topics = after_commit.collect(connection)
                if not _is_open(connection):
                    raise RuntimeError("SQLite has rolled back what a command went on with.")
                connection.commit()
        except BaseException as failure:  # the transaction was rolled back
            for command in commands:
                command.refusal = command.refusal or failure
        for command in commands:
            command.set_outcome()
        self._committed(topics)

    def _begin(self) -> Connection:
        """Begins a transaction; waits while another process writes.

        SQLite refuses at once, without waiting, if a statement that was not read to its end still holds the
        connection's old snapshot. A new connection waits.
        """
        began = time.monotonic()
        try:
            return _begin(self._engine)
        except OperationalError as failure:
            is_busy = getattr(failure.orig, "sqlite_errorname", "").startswith("SQLITE_BUSY")
            if not is_busy or time.monotonic() - began > AT_ONCE:
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


def _run(connection: Connection, commands: Sequence[Command]) -> None:
    if len(commands) == 1:
        commands[0].run(connection)
        return
    for command in commands:
        connection.exec_driver_sql("SAVEPOINT command")
        try:
            command.run(connection)
        except BaseException:
            if not _is_open(connection):  # a full disk ends all of it, and there is no savepoint any more
                raise
            connection.exec_driver_sql("ROLLBACK TO command")
        connection.exec_driver_sql("RELEASE command")


def _is_open(connection: Connection) -> bool:
    """Whether SQLite has not rolled the transaction back by itself."""
    driver = connection.connection.dbapi_connection
    return isinstance(driver, sqlite3.Connection) and driver.in_transaction
