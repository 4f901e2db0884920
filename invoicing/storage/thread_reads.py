"""Reads of a thread over one connection: to take one for each read takes as long as to find a row."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError

from invoicing.errors import QueryTimeout
from invoicing.storage.failures import CANCELED, Outage, is_worth_repeating, sqlstate
from invoicing.storage.time_limit import Running

if TYPE_CHECKING:
    from invoicing.storage.hangs import Hangs

P = ParamSpec("P")
T = TypeVar("T")


_NOTHING = nullcontext()


@dataclass(frozen=True, slots=True)
class Source:
    """Where reads get their connections. SQLite does not hang."""

    engine: Engine
    hangs: Hangs | None
    outage: Outage

    def using(self, connection: Connection) -> AbstractContextManager[None]:
        return _NOTHING if self.hangs is None else self.hangs.using(connection)

    def reads(self, running: Running) -> Reads:
        return Reads(self, running)


class Reads:
    """What a thread reads, over a connection that it keeps until a read fails.

    On SQLite the reads of a batch see the same state: that of the first, for which all of them waited.
    """

    def __init__(self, source: Source, running: Running) -> None:
        self._source = source
        self._running = running
        self._connection: Connection | None = None

    def rest(self) -> None:
        """After a batch: the next one sees what was committed meanwhile."""
        if self._connection is not None and self._connection.in_transaction():
            try:
                self._connection.rollback()
            except DBAPIError:  # what was read is right all the same
                self.close()

    def run(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs `work`, which another thread interrupts when it takes too long or nobody waits for it."""
        with self._source.outage.translated():
            try:
                return self._run_once(work, *args, **kwargs)
            except DBAPIError as failure:
                if not is_worth_repeating(failure, self._source.engine):
                    raise
                return self._run_once(work, *args, **kwargs)

    def _run_once(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        hangs, running = self._source.hangs, self._running
        if hangs is not None:
            hangs.check()
        if self._connection is None:
            self._connection = self._source.engine.connect()
        connection, is_done = self._connection, False
        try:
            with self._source.using(connection):
                running.begin(connection.connection.dbapi_connection)
                try:
                    result = work(connection, *args, **kwargs)
                except OperationalError as failure:
                    if _is_interruption(failure):
                        raise QueryTimeout from failure
                    raise
                finally:
                    if running.end() and hangs is not None:
                        connection.invalidate()  # PostgreSQL may get the order to cancel only now
            is_done = not connection.invalidated
            return result
        finally:
            if not is_done:
                self.close()

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            connection.close()
        except DBAPIError:  # it cannot even be rolled back
            connection.invalidate()
            connection.close()


def _is_interruption(failure: OperationalError) -> bool:
    """Whether a statement was ended by `statement_timeout` or by another thread."""
    is_interrupted = getattr(failure.orig, "sqlite_errorname", "") == "SQLITE_INTERRUPT"
    return is_interrupted or sqlstate(failure) == CANCELED
