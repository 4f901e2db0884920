"""SQLite's one writer: a thread that commits whatever commands wait, together.

A commit that survives a power cut waits for the disk, and that takes longer than the commands it saves.
So the commands that gathered meanwhile share one: each behind a savepoint of its own, so that one that is
refused takes nothing of the others with it. Nobody is answered before the common commit is done.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from invoicing.storage import after_commit

MOST = 64

T = TypeVar("T")


@dataclass(slots=True)
class Command:
    """Work that waits for the writer, and where its outcome goes."""

    work: Callable[[Connection], Any]
    outcome: Future[Any] = field(default_factory=Future)
    result: Any = None
    refusal: BaseException | None = None

    def run(self, connection: Connection) -> None:
        try:
            self.result = self.work(connection)
        except BaseException as refusal:  # whatever it is, it is its caller's
            self.refusal = refusal
            raise

    def answer(self) -> None:
        if self.refusal is None:
            self.outcome.set_result(self.result)
        else:
            self.outcome.set_exception(self.refusal)


class Writer:
    """Runs commands in the order in which they come, each in a transaction or as part of one."""

    def __init__(self, engine: Engine, committed: Callable[[Collection[str]], None]) -> None:
        """`committed` is told of each commit, and of the news of its commands."""
        self._engine = engine
        self._committed = committed
        self._waiting: queue.SimpleQueue[Command | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name="write", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[Connection], T]) -> Future[T]:
        command = Command(work)
        self._waiting.put(command)
        return command.outcome

    def close(self) -> None:
        """Ends once what waits is done."""
        self._waiting.put(None)
        self._thread.join()
        self._engine.dispose()

    def _serve(self) -> None:
        while (commands := self._gathered()) is not None:
            live = [command for command in commands if command.outcome.set_running_or_notify_cancel()]
            if live:
                self._commit(live)

    def _gathered(self) -> list[Command] | None:
        """The commands that wait by now; waits for a first one. None is the end."""
        first = self._waiting.get()
        if first is None:
            return None
        commands = [first]
        while len(commands) < MOST:
            try:
                following = self._waiting.get_nowait()
            except queue.Empty:
                break
            if following is None:
                self._waiting.put(None)  # seen again once these are done
                break
            commands.append(following)
        return commands

    def _commit(self, commands: Sequence[Command]) -> None:
        told: Collection[str] = after_commit.NOTHING
        try:
            with self._begun() as connection:
                _run(connection, commands)
                told = after_commit.collect(connection)
                connection.commit()
        except BaseException as failure:  # the transaction is gone: nothing of it is stored
            for command in commands:
                command.refusal = command.refusal or failure
        for command in commands:
            command.answer()
        self._committed(told)

    def _begun(self) -> Connection:
        """Waits while another process writes.

        SQLite does not, and refuses at once, where a statement that was left half read still holds what the
        connection saw before: a new connection waits.
        """
        try:
            return _begun(self._engine)
        except OperationalError as failure:
            if not getattr(failure.orig, "sqlite_errorname", "").startswith("SQLITE_BUSY"):
                raise
            return _begun(self._engine)


def _begun(engine: Engine) -> Connection:
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
            connection.exec_driver_sql("ROLLBACK TO command")
        connection.exec_driver_sql("RELEASE command")
