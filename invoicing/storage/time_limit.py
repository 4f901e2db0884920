"""Reads end in time: a thread interrupts, in the database, what takes too long or what nobody waits for.

It looks at the few reads that are running, several times a second. A read itself does nothing for it but say
when it begins and ends: a handler that SQLite calls while it works would slow down each row.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from sqlite3 import Connection as SqliteConnection
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg

PERIOD = 0.1  # seconds from one look to the next
PATIENCE = 2.0  # seconds in which PostgreSQL has to take the order to cancel


class Running:
    """What one thread reads at present."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # so that no other read on the same connection is interrupted
        self._connection: Any = None
        self._began = 0.0
        self._is_wanted: Callable[[], bool] = bool
        self._was_interrupted = False

    def expect(self, is_wanted: Callable[[], bool]) -> None:
        """Says how to find out whether anybody waits for the read that begins next."""
        self._is_wanted = is_wanted

    def begin(self, connection: Any) -> None:
        """`connection` is the driver's."""
        with self._lock:
            self._connection, self._began = connection, time.monotonic()
            self._was_interrupted = False

    def end(self) -> bool:
        """Returns whether the read was interrupted."""
        with self._lock:
            self._connection = None
            return self._was_interrupted

    def interrupt_if_due(self, limit: float) -> None:
        """It may be between two statements now, so this is called until it has ended."""
        with self._lock:
            if self._connection is None:
                return
            if time.monotonic() - self._began < limit and self._is_wanted():
                return
            self._was_interrupted = True
            _interrupt(self._connection)


class TimeLimit:
    """The thread that looks at what the reading threads do. A read has `seconds` from its begin."""

    def __init__(self, seconds: float, watched: Sequence[Running]) -> None:
        self.seconds = seconds
        self._watched = watched
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="time limit", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closed.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._closed.wait(PERIOD):
            for running in self._watched:
                running.interrupt_if_due(self.seconds)


def _interrupt(connection: SqliteConnection | psycopg.Connection) -> None:
    if isinstance(connection, SqliteConnection):
        connection.interrupt()
        return
    from psycopg import Error  # not above: on SQLite it is not loaded

    with suppress(Error):  # the connection is lost, or the order is: the next look gives another
        connection.cancel_safe(timeout=PATIENCE)
