"""PostgreSQL's writer: threads with a connection each, in which commands of an account share a commit."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from typing import TypeVar

from sqlalchemy import Connection

from invoicing.errors import DatabaseUnavailable
from invoicing.storage.failures import is_outage
from invoicing.storage.lanes import Lane, Lanes
from invoicing.storage.places import Owner
from invoicing.storage.postgresql_transactions import Transactions, is_repeated
from invoicing.storage.writer import Batch, Command, Writer

MAX_COMMANDS = 16  # of one transaction: with 64 savepoints, inner ones too, others would be slower
LONG = 0.02  # seconds after which it takes no more commands: others may wait for what it has locked

T = TypeVar("T")


class PostgreSQLWriter(Writer):
    """Runs commands: an account's in their order and together, unless one is stuck."""

    def __init__(
        self,
        transactions: Transactions,
        committed: Callable[[Collection[str]], None],
        *,
        threads: int,
        most: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """An account has `most` of the threads.

        `committed` is called after each commit, with the topics that its commands notified.
        """
        self._transactions = transactions
        self._committed = committed
        self._clock = clock
        self._lanes = Lanes(most, clock)
        self._threads = [
            threading.Thread(target=self._serve, name="write", daemon=True) for _ in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def run(self, work: Callable[[Connection], T]) -> T:
        """In the caller's thread, alone in its transaction."""
        result, topics = self._transactions.run(work)
        self._committed(topics)
        return result

    def submit(self, work: Callable[[Connection], T], owner: Owner = None) -> Future[T]:
        command = Command(work, owner)
        self._lanes.put(owner, [command])
        return command.outcome

    def submit_each(self, works: Sequence[Callable[[Connection], T]], owner: Owner) -> list[Future[T]]:
        """One thread has all of them, so that they keep their order even if one is stuck."""
        commands = [Command(work, owner) for work in works]
        if commands:
            self._lanes.put(owner, commands)
        return [command.outcome for command in commands]

    def close(self) -> None:
        self._lanes.close()
        for thread in self._threads:
            thread.join()

    def _serve(self) -> None:
        while (lane := self._lanes.open()) is not None:
            while (command := lane.next()) is not None:
                lane.begin()
                batch = Batch(command, MAX_COMMANDS, LONG, self._clock)
                if (outage := self._run_together(batch, lane)) is not None:
                    lane.refuse_taken(outage)
            lane.leave()

    def _run_together(self, batch: Batch, lane: Lane) -> BaseException | None:
        """Runs the command, and those that wait by then, in one transaction. Returns the outage, if any."""
        topics: Collection[str] = ()
        outage: BaseException | None = None
        try:
            topics = self._transactions.run_together(batch, lane)
        except DatabaseUnavailable as failure:  # it hangs, or nobody knows whether the batch is committed
            batch.refuse(failure)
            outage = failure
        except BaseException as failure:  # any exception is raised in the caller
            if len(batch.commands) > 1 or is_repeated(failure):
                return self._run_each(batch.commands)
            batch.refuse(failure)
            outage = failure if is_outage(failure) else None
        batch.set_outcomes()
        self._committed(topics)
        return outage

    def _run_each(self, commands: Sequence[Command]) -> BaseException | None:
        """Runs each alone. Once the database is away, or of another version, no more is tried."""
        outage: BaseException | None = None
        for command in commands:
            command.refusal = outage
            if outage is None:
                try:
                    command.result = self.run(command.work)
                except BaseException as failure:  # any exception is raised in the caller
                    command.refusal = failure
                    if isinstance(failure, DatabaseUnavailable) or is_outage(failure):
                        outage = failure
            command.set_outcome()
        return outage
