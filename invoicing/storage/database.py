"""The database, SQLite or PostgreSQL: each call is one transaction.

SQLite allows one writer, so all commands run in one thread and never time out waiting for a lock;
PostgreSQL has several connections. Commands take a connection and do not commit themselves.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import orjson
from sqlalchemy import URL, Connection, Engine, column, create_engine, event, make_url, select, table
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import PoolProxiedConnection

from invoicing.errors import DatabaseUnavailable, QueryTimeout, ServerOutdated
from invoicing.storage import after_commit, changes, rows
from invoicing.storage.failures import CACHED_PLAN_IS_OLD, CANCELED, DEADLOCK, Outage, is_lost, sqlstate
from invoicing.storage.places import Threads
from invoicing.storage.prepared import Prepared
from invoicing.storage.reader import Reader
from invoicing.storage.sqlite_writer import Writer
from invoicing.storage.time_limit import Running

if TYPE_CHECKING:
    from invoicing.storage.hangs import Hangs

P = ParamSpec("P")
T = TypeVar("T")


MAX_DEADLOCKS = 5  # of one command, one after the other
KEYS = 1  # threads for callers' keys and for the server itself, which no account's rows fill
READERS = 3  # for rows by their keys; more would only wait for the interpreter's lock
READERS_OF_ONE = 2  # of them for one account
LISTS = 4  # threads for lists, searches and counts, which the database may take long for
LISTS_OF_ONE = 2  # of them for one account
SPARE = 2  # threads that change, besides those that one account may have
QUERY_TIMEOUT = 5.0  # seconds
LOCK_TIMEOUT = 10.0  # seconds that a command waits for a lock
_COMMIT_LOST = (
    "The connection to the database was lost in the moment of storing this: it is done completely or not at "
    "all. Look, or try again with the same id or idempotency key."
)
_LOST_IN_TIME = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,  # milliseconds
}
_VERSION = Prepared(select(column("version_num")).select_from(table("alembic_version")))
_NO_TRANSACTION = {"isolation_level": "AUTOCOMMIT"}  # saves a read two of three round trips
_ALWAYS_WITHOUT = {**_NO_TRANSACTION, "skip_autocommit_rollback": True}
"""For connections that only read: what is set once for each need not be set for each read."""


class Database:
    """Runs work in transactions. After a commit `listeners` get the topics that were notified, if any.

    `deadlock_listeners` are called for each transaction that PostgreSQL rolls back to end a deadlock,
    `outage_listeners` once when it cannot be read or written, with the reason, and once when it can again.
    """

    def __init__(
        self,
        url: str,
        *,
        threads: int = 4,
        query_timeout: float = QUERY_TIMEOUT,
        lock_timeout: float = LOCK_TIMEOUT,
    ) -> None:
        """In seconds: what a read of the event loop may take, and how long a command waits for a lock."""
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.listeners: list[Callable[[Collection[str]], None]] = []
        self.deadlock_listeners: list[Callable[[], None]] = []
        self.outage_listeners: list[Callable[[str, Exception | None], None]] = []
        self._version: str | None = None
        self._reads = Outage(partial(self._notify_of_outage, "read"))
        self._writes = Outage(partial(self._notify_of_outage, "written"))
        self._engine = (
            _sqlite(self.url, "DEFERRED", threads + KEYS + READERS + LISTS, lock_timeout)
            if self.is_sqlite
            else _postgresql(self.url, threads + SPARE, prepare_threshold=None, lock_timeout=lock_timeout)
        )
        self._in_time = (
            self._engine
            if self.is_sqlite
            else _postgresql(
                self.url, KEYS + READERS + LISTS, _ALWAYS_WITHOUT, statement_timeout=query_timeout
            )
        )
        self._hangs = None if self.is_sqlite else _hangs(self.url)
        self._reading = _for_reading(self._engine)
        self._keys = Reader(KEYS, query_timeout, most=KEYS)
        self._rows = Reader(READERS, query_timeout, most=READERS_OF_ONE)
        self._lists = Reader(LISTS, query_timeout, most=LISTS_OF_ONE)
        self._threads = Threads(0 if self.is_sqlite else threads + SPARE, threads)
        self._writer = (
            Writer(
                _sqlite(self.url, "IMMEDIATE", 1, lock_timeout), self._check_version, self._notify_listeners
            )
            if self.is_sqlite
            else None
        )

    def hold_to(self, version: str | None) -> None:
        """From now on every command is refused (ServerOutdated) unless the database has this version.

        None slips through while a migration commits: SQLite has one writer, and on PostgreSQL a migration
        locks the table that each command reads first.
        """
        self._version = version

    def read(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs `work`, which only reads, however long it takes.

        On PostgreSQL each of its statements sees the newest commits.
        """

        def once() -> T:
            with self._connected(self._reading) as connection:
                return work(connection, *args, **kwargs)

        with self._reads.translated():
            return _repeated_if_lost(once, self._engine)

    def write(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs `work` in one transaction: all of it is stored when this returns, nothing when it raises."""
        with self._writes.translated():
            if self._writer is not None:
                return self._writer.submit(lambda connection: work(connection, *args, **kwargs)).result()
            result, topics = _repeated_if_lost(
                lambda: self._run_with_retries(lambda connection: work(connection, *args, **kwargs)),
                self._engine,
            )
        self._notify_listeners(topics)
        return result

    async def read_async(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Reads for the server itself, or whose key it is that a caller has; the event loop is not blocked.

        Raises QueryTimeout when it takes too long.
        """
        return await self._keys.read(lambda running: self._read_in_time(running, work, *args, **kwargs))

    async def read_for(
        self,
        account_id: str,
        work: Callable[Concatenate[Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Reads single rows of an account, or a few, by their keys, as `read_async` does: in its turn."""
        read: Callable[[Running], T] = lambda running: self._read_in_time(running, work, *args, **kwargs)  # noqa: E731
        return await self._rows.read(read, account_id)

    async def list_for(
        self,
        account_id: str | None,
        work: Callable[Concatenate[Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Reads a list, searches or counts for an account (None: for the server), as `read_async` does.

        These have threads of their own, of which an account has a part: who asks for what takes long keeps
        no other account waiting, and nobody who asks for a row.
        """
        read: Callable[[Running], T] = lambda running: self._read_in_time(running, work, *args, **kwargs)  # noqa: E731
        return await self._lists.read(read, account_id)

    async def write_async(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """`write` in a thread, for the server itself; the event loop is not blocked."""
        return await self.write_for(None, work, *args, **kwargs)

    async def write_for(
        self,
        account_id: str | None,
        work: Callable[Concatenate[Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """`write` in a thread for an account: it waits for its own turn, and others do not wait for it."""
        if self._writer is not None:
            with self._writes.translated():
                return await asyncio.wrap_future(
                    self._writer.submit(lambda connection: work(connection, *args, **kwargs), account_id)
                )
        call: Callable[[], T] = lambda: self.write(work, *args, **kwargs)  # noqa: E731
        return await asyncio.wrap_future(self._threads.submit(account_id, call))

    async def write_each_for(
        self, account_id: str, works: Sequence[Callable[[Connection], T]]
    ) -> list[T | BaseException]:
        """`write_for` of each, one after the other, with what it returns or raises: none undoes another.

        SQLite commits several together; PostgreSQL, whose commands of an account run side by side otherwise,
        has them in one thread, so that numbers follow the order here too.
        """
        if self._writer is not None:
            return await asyncio.gather(
                *(self.write_for(account_id, work) for work in works), return_exceptions=True
            )
        call: Callable[[], list[T | BaseException]] = lambda: _attempts(self.write, works)  # noqa: E731
        return await asyncio.wrap_future(self._threads.submit(account_id, call))

    @property
    def is_full(self) -> bool:
        """Whether PostgreSQL has lately refused a command because its disk is full."""
        return self._writes.is_full

    def empty_log(self) -> bool:
        """Has SQLite write its log (…-wal) into the file and empty it; False while somebody reads from it.

        Until then the log has the pages as they were too. PostgreSQL does this by itself, later (VACUUM).
        """
        if not self.is_sqlite:
            return True
        connection = self._engine.raw_connection()  # no transaction is begun on it
        try:
            is_busy, *_ = connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            connection.close()
        return not is_busy

    def close(self) -> None:
        """Finishes the running work, then closes the connections."""
        self._keys.close()
        self._rows.close()
        self._lists.close()
        self._threads.close()
        if self._writer is not None:
            self._writer.close()
        if self._hangs is not None:
            self._hangs.close()
        self._engine.dispose()
        self._in_time.dispose()

    def _connected(self, engine: Engine) -> AbstractContextManager[Connection]:
        return engine.connect() if self._hangs is None else self._hangs.connected(engine)

    def _read_in_time(
        self,
        running: Running,
        work: Callable[Concatenate[Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Runs `work`, which another thread interrupts when it takes too long or nobody waits for it."""
        with self._reads.translated():
            return _repeated_if_lost(lambda: self._read_once(running, work, *args, **kwargs), self._in_time)

    def _read_once(
        self,
        running: Running,
        work: Callable[Concatenate[Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        with self._connected(self._in_time) as connection:
            running.begin(connection.connection.dbapi_connection)
            try:
                return work(connection, *args, **kwargs)
            except OperationalError as failure:
                if _is_interruption(failure):
                    raise QueryTimeout from failure
                raise
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
                return self._transaction(work)
            except OperationalError as failure:
                if sqlstate(failure) != DEADLOCK:
                    raise
                for listener in self.deadlock_listeners:
                    listener()
                attempts_left -= 1
                if not attempts_left:
                    raise

    def _transaction(self, work: Callable[[Connection], T]) -> tuple[T, Collection[str]]:
        with self._connected(self._engine) as connection:
            self._check_version(connection)
            outcome = work(connection), after_commit.collect(connection)
            _refuse_if_failed(connection)
            try:
                connection.commit()
            except DBAPIError as failure:
                if not is_lost(failure):
                    raise
                raise DatabaseUnavailable(_COMMIT_LOST) from failure
            return outcome

    def _check_version(self, connection: Connection) -> None:
        if self._version is None:
            return
        if rows.values(connection, _VERSION) != [self._version]:
            raise ServerOutdated

    def _notify_of_outage(self, what: str, failure: Exception | None) -> None:
        for listener in [*self.outage_listeners]:
            listener(what, failure)

    def _notify_listeners(self, topics: Collection[str]) -> None:
        if topics:
            for listener in [*self.listeners]:
                listener(topics)


def _attempts(
    write: Callable[[Callable[[Connection], T]], T], works: Sequence[Callable[[Connection], T]]
) -> list[T | BaseException]:
    """What each returns or raises; once the database is away, or of another version, no more is tried."""
    outcomes: list[T | BaseException] = []
    for work in works:
        try:
            outcomes.append(write(work))
        except (DatabaseUnavailable, ServerOutdated) as outage:
            return [*outcomes, *[outage] * (len(works) - len(outcomes))]
        except Exception as failure:
            outcomes.append(failure)
    return outcomes


def _refuse_if_failed(connection: Connection) -> None:
    """PostgreSQL takes the COMMIT of a transaction with a failed statement, and rolls it back in silence."""
    from psycopg.pq import TransactionStatus

    driver: Any = connection.connection.dbapi_connection
    if driver.info.transaction_status == TransactionStatus.INERROR:
        raise RuntimeError("A command went on after a statement that failed: all of it is rolled back.")


def _repeated_if_lost(attempt: Callable[[], T], engine: Engine) -> T:
    """Tries once more over a new connection: PostgreSQL was started again since the pool made its own.

    Or a migration has given a column another type, for which what was prepared before is of no use: the whole
    pool is made anew then. Nothing was done the first time, as no COMMIT was sent.
    """
    try:
        return attempt()
    except DBAPIError as failure:
        if sqlstate(failure) == CACHED_PLAN_IS_OLD:  # "cached plan must not change result type"
            engine.dispose()
        elif not is_lost(failure):
            raise
        return attempt()


def _is_interruption(failure: OperationalError) -> bool:
    """Whether a statement was ended by `statement_timeout` or by another thread."""
    is_interrupted = getattr(failure.orig, "sqlite_errorname", "") == "SQLITE_INTERRUPT"
    return is_interrupted or sqlstate(failure) == CANCELED


def _for_reading(engine: Engine) -> Engine:
    """The engine that reads. SQLite needs a transaction, so that all statements see the same state."""
    return engine if engine.dialect.name == "sqlite" else engine.execution_options(**_NO_TRANSACTION)


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _postgresql(
    url: URL,
    connections: int,
    options: Mapping[str, Any] = MappingProxyType({}),
    *,
    prepare_threshold: int | None = 5,
    **timeouts: float,
) -> Engine:
    """`timeouts` are in seconds, under the names of PostgreSQL's settings.

    With a `prepare_threshold` Psycopg prepares statements too. When it rolls back it makes PostgreSQL forget
    all that is prepared, ours too: only connections that read may have it.
    """
    # Here, or SQLite would wait until PostgreSQL's driver is loaded.
    from invoicing.storage.postgresql_cursor import PlainCursor
    from invoicing.storage.secrecy import hide_values

    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=connections,
        max_overflow=0,
        pool_pre_ping=False,
        connect_args={
            "cursor_factory": PlainCursor,
            "client_encoding": "utf8",
            "prepare_threshold": prepare_threshold,
            **_lost_in_time(url),
        },
        json_serializer=_json,
        json_deserializer=orjson.loads,
        hide_parameters=True,
        **options,
    )
    hide_values(engine)
    changes.watch(engine)

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _: Any) -> None:
        for name, seconds in timeouts.items():
            connection.execute(f"SET {name} = {round(seconds * 1_000)}")
        connection.commit()

    return engine


def _hangs(url: URL) -> Hangs:
    """It opens connections of its own, and gives up where PostgreSQL takes one and says nothing."""
    import psycopg

    from invoicing.storage.hangs import PATIENCE, Hangs

    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return Hangs(lambda: psycopg.connect(address, connect_timeout=PATIENCE, autocommit=True))


def _lost_in_time(url: URL) -> dict[str, int]:
    """What finds out in seconds, not minutes, that the server is gone. What the URL says has precedence."""
    return {name: value for name, value in _LOST_IN_TIME.items() if name not in url.query}


def _sqlite(url: URL, begin: str, connections: int, lock_timeout: float) -> Engine:
    engine = create_engine(
        url,
        pool_size=connections,
        max_overflow=0,
        json_serializer=_json,
        json_deserializer=orjson.loads,
        hide_parameters=True,
        connect_args={"timeout": lock_timeout, "isolation_level": None, "cached_statements": 512},
    )

    changes.watch(engine)

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _: Any) -> None:
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",  # a committed transaction survives a power cut
            "foreign_keys = ON",
            "secure_delete = ON",  # what is erased is overwritten, and not only marked as free
            "cache_size = -8192",  # 8 MB a connection
            "temp_store = MEMORY",
        ):
            connection.execute(f"PRAGMA {pragma}")

    def start(dbapi_connection: PoolProxiedConnection) -> None:
        dbapi_connection.cursor().execute(f"BEGIN {begin}")

    # Not by an event of SQLAlchemy: an engine that has listeners asks them before and after each statement.
    engine.dialect.do_begin = start  # type: ignore[method-assign]
    return engine
