"""A PostgreSQL that hangs: it takes connections and says nothing. Nobody waits for that without end.

Its own time limits stand still with it, so the server stops waiting by itself. Whether PostgreSQL hangs, or
what it was asked for takes long, a new connection tells: it is tried once something has taken a while.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from types import TracebackType
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from invoicing.errors import DatabaseUnavailable

PERIOD = 0.5  # seconds from one look to the next
SUSPICIOUS = 2.0  # seconds that a connection is in use before it is tried whether PostgreSQL says anything
PATIENCE = 5  # seconds in which it has to say something to a new connection

Connect = Callable[[], "psycopg.Connection[Any]"]


class Hanging(Exception):
    """PostgreSQL takes connections and says nothing."""


class _Use(AbstractContextManager[None]):
    """A connection in use, among those that are. `connection` is the driver's."""

    def __init__(self, connection: Any, uses: set[_Use], lock: threading.Lock) -> None:
        self.connection = connection
        self.began = time.monotonic()
        self.is_given_up = False
        self._uses = uses
        self._lock = lock

    def __enter__(self) -> None:
        with self._lock:
            self._uses.add(self)

    def __exit__(
        self, _: type[BaseException] | None, failure: BaseException | None, __: TracebackType | None
    ) -> None:
        with self._lock:
            self._uses.discard(self)
        if self.is_given_up and isinstance(failure, DBAPIError):
            raise DatabaseUnavailable from Hanging(Hanging.__doc__)


class Hangs:
    """Gives up what waits for a PostgreSQL that hangs, and refuses more until it says something again."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._lock = threading.Lock()  # so that no connection is ended that is used for something else by now
        self._uses: set[_Use] = set()
        self._is_hanging = False
        self._answered = time.monotonic()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="hangs", daemon=True)
        self._thread.start()

    @contextmanager
    def connected(self, engine: Engine) -> Iterator[Connection]:
        """A connection. Raises DatabaseUnavailable if PostgreSQL hangs, or begins to while it is used."""
        self.check()
        with engine.connect() as connection, self.using(connection):
            yield connection

    def check(self) -> None:
        """Raises DatabaseUnavailable if PostgreSQL hangs."""
        if self._is_hanging:
            raise DatabaseUnavailable from Hanging(Hanging.__doc__)

    def close(self) -> None:
        self._closed.set()
        self._thread.join()

    def using(self, connection: Connection) -> AbstractContextManager[None]:
        """Raises DatabaseUnavailable if PostgreSQL begins to hang while the connection is used."""
        return _Use(connection.connection.dbapi_connection, self._uses, self._lock)

    def _watch(self) -> None:
        while not self._closed.wait(PERIOD):
            if not self._is_hanging and not self._is_suspicious():
                continue
            self._is_hanging = not self._says_something()
            if self._is_hanging:
                self._give_up()
            else:
                self._answered = time.monotonic()

    def _is_suspicious(self) -> bool:
        """Whether something has taken a while since PostgreSQL was last heard of."""
        before = time.monotonic() - SUSPICIOUS
        with self._lock:
            return self._answered < before and any(use.began < before for use in self._uses)

    def _says_something(self) -> bool:
        asking = _Asking(self._connect)
        threading.Thread(target=asking.ask, name="hangs: ask", daemon=True).start()
        return asking.is_answered(PATIENCE)

    def _give_up(self) -> None:
        """Ends the connections in use: who waits for them is told that they are lost."""
        with self._lock:
            for use in self._uses:
                use.is_given_up = True
                _end(use.connection)


class _Asking:
    """Asks PostgreSQL for an answer over a connection of its own."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._answered = threading.Event()
        self._connection: psycopg.Connection[Any] | None = None

    def ask(self) -> None:
        try:
            with closing(self._connect()) as self._connection:
                self._connection.execute("SELECT 1")
        except psycopg.errors.ConnectionTimeout:
            return
        except psycopg.Error:  # it refuses, or is away: nobody waits for that
            pass
        self._answered.set()

    def is_answered(self, patience: float) -> bool:
        if self._answered.wait(patience):
            return True
        if self._connection is not None:
            _end(self._connection)
        return False


def _end(connection: psycopg.Connection[Any]) -> None:
    """Ends it beneath whoever waits for it in another thread, who closes it."""
    with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(connection.fileno())) as ended:
        ended.shutdown(socket.SHUT_RDWR)
