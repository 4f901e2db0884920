"""The database, SQLite or PostgreSQL: each call is one transaction.

SQLite allows one writer, so all commands run in one thread and never time out waiting for a lock;
PostgreSQL has several connections. Commands take a connection and do not commit themselves.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Concatenate, ParamSpec, TypeVar

import orjson
from psycopg.errors import DeadlockDetected, QueryCanceled
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DataError, OperationalError

from invoicing.errors import QueryTimeout, ValidationError
from invoicing.storage import after_commit, changes
from invoicing.storage.postgresql_cursor import PlainCursor
from invoicing.storage.reader import Reader
from invoicing.storage.secrecy import hide_values
from invoicing.storage.sqlite_writer import Writer
from invoicing.storage.time_limit import Running

P = ParamSpec("P")
T = TypeVar("T")


MAX_DEADLOCKS = 5  # of one command, one after the other
READERS = 2  # more would only wait for the interpreter's lock
QUERY_TIMEOUT = 5.0  # seconds
LOCK_TIMEOUT = 10.0  # seconds that a command of PostgreSQL waits for a lock
_NO_TRANSACTION = {"isolation_level": "AUTOCOMMIT"}  # saves a read two of three round trips


class Database:
    """Runs work in transactions. After a commit `listeners` get the topics that were notified, if any.

    `deadlock_listeners` are called for each transaction that PostgreSQL rolls back to end a deadlock.
    """

    def __init__(self, url: str, *, threads: int = 4, query_timeout: float = QUERY_TIMEOUT) -> None:
        """`query_timeout` is what a read of the event loop may take, in seconds."""
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.listeners: list[Callable[[Collection[str]], None]] = []
        self.deadlock_listeners: list[Callable[[], None]] = []
        self._engine = (
            _sqlite(self.url, "DEFERRED", threads + READERS)
            if self.is_sqlite
            else _postgresql(self.url, threads, lock_timeout=LOCK_TIMEOUT)
        )
        self._in_time = (
            self._engine
            if self.is_sqlite
            else _postgresql(self.url, READERS, statement_timeout=query_timeout)
        )
        self._reading, self._reading_in_time = _for_reading(self._engine), _for_reading(self._in_time)
        self._reader = Reader(READERS, query_timeout)
        self._threads = ThreadPoolExecutor(threads, "write")
        self._writer = (
            Writer(_sqlite(self.url, "IMMEDIATE", 1), self._notify_listeners) if self.is_sqlite else None
        )

    def read(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs `work`, which only reads, however long it takes.

        On PostgreSQL each of its statements sees the newest commits.
        """
        with _refusing_bad_values(), self._reading.connect() as connection:
            return work(connection, *args, **kwargs)

    def write(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs `work` in one transaction: all of it is stored when this returns, nothing when it raises."""
        if self._writer is not None:
            return self._writer.submit(lambda connection: work(connection, *args, **kwargs)).result()
        result, topics = self._run_with_retries(lambda connection: work(connection, *args, **kwargs))
        self._notify_listeners(topics)
        return result

    async def read_async(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """`read` in a thread; the event loop is not blocked. Raises QueryTimeout when it takes too long."""
        return await self._reader.read(lambda running: self._read_in_time(running, work, *args, **kwargs))

    async def write_async(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """`write` in a thread; the event loop is not blocked."""
        if self._writer is not None:
            return await asyncio.wrap_future(
                self._writer.submit(lambda connection: work(connection, *args, **kwargs))
            )
        call: Callable[[], T] = lambda: self.write(work, *args, **kwargs)  # noqa: E731
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)

    def close(self) -> None:
        """Finishes the running work, then closes the connections."""
        self._reader.close()
        self._threads.shutdown()
        if self._writer is not None:
            self._writer.close()
        self._engine.dispose()
        self._in_time.dispose()

    def _read_in_time(
        self,
        running: Running,
        work: Callable[Concatenate[Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Runs `work`, which another thread interrupts when it takes too long or nobody waits for it."""
        with _refusing_bad_values(), self._reading_in_time.connect() as connection:
            running.begin(connection.connection.dbapi_connection)
            try:
                return work(connection, *args, **kwargs)
            except OperationalError as failure:
                raise (QueryTimeout() if _is_interruption(failure) else failure) from failure
            finally:
                if running.end() and not self.is_sqlite:
                    connection.invalidate()  # PostgreSQL may get the order to cancel only now

    def _run_with_retries(self, work: Callable[[Connection], T]) -> tuple[T, Collection[str]]:
        """Runs a command again if PostgreSQL rolls it back to end a deadlock with another one.

        The lock order (`invoicing.locks`) prevents deadlocks; this is a safety net for one that it misses.
        """
        attempts_left = MAX_DEADLOCKS
        while True:
            try:
                with _refusing_bad_values(), self._engine.begin() as connection:
                    return work(connection), after_commit.collect(connection)
            except OperationalError as failure:
                if not isinstance(failure.orig, DeadlockDetected):
                    raise
                for listener in self.deadlock_listeners:
                    listener()
                attempts_left -= 1
                if not attempts_left:
                    raise

    def _notify_listeners(self, topics: Collection[str]) -> None:
        if topics:
            for listener in [*self.listeners]:
                listener(topics)


@contextmanager
def _refusing_bad_values() -> Iterator[None]:
    """PostgreSQL fails on U+0000 in a text, even in a search: that is refused as a bad value."""
    try:
        yield
    except DataError as refused:
        raise ValidationError(
            "A text contains U+0000, or a number is too large: no stored value is like that."
        ) from refused


def _is_interruption(failure: OperationalError) -> bool:
    """Whether a statement was ended by `statement_timeout` or by another thread."""
    is_interrupted = getattr(failure.orig, "sqlite_errorname", "") == "SQLITE_INTERRUPT"
    return is_interrupted or isinstance(failure.orig, QueryCanceled)


def _for_reading(engine: Engine) -> Engine:
    """The engine that reads. SQLite needs a transaction, so that all statements see the same state."""
    return engine if engine.dialect.name == "sqlite" else engine.execution_options(**_NO_TRANSACTION)


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _postgresql(url: URL, connections: int, **timeouts: float) -> Engine:
    """`timeouts` are in seconds, under the names of PostgreSQL's settings."""
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=connections,
        max_overflow=0,
        pool_pre_ping=False,
        connect_args={"cursor_factory": PlainCursor},
        json_serializer=_json,
        json_deserializer=orjson.loads,
        hide_parameters=True,
    )
    hide_values(engine)
    changes.watch(engine)

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _: Any) -> None:
        for name, seconds in timeouts.items():
            connection.execute(f"SET {name} = {round(seconds * 1_000)}")
        connection.commit()

    return engine


def _sqlite(url: URL, begin: str, connections: int) -> Engine:
    engine = create_engine(
        url,
        pool_size=connections,
        max_overflow=0,
        json_serializer=_json,
        json_deserializer=orjson.loads,
        hide_parameters=True,
        connect_args={"timeout": 30, "isolation_level": None, "cached_statements": 512},
    )

    changes.watch(engine)

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _: Any) -> None:
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",  # a committed transaction survives a power cut
            "foreign_keys = ON",
            "cache_size = -8192",  # 8 MB a connection
            "temp_store = MEMORY",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(f"BEGIN {begin}")

    return engine
