"""The database, SQLite or PostgreSQL: each call is one transaction.

SQLite allows one writer, so all commands run in one thread and never time out waiting for a lock;
PostgreSQL has several connections. Commands take a connection and do not commit themselves.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from functools import partial
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, column, make_url, select, table

from invoicing.errors import ServerOutdated
from invoicing.storage import rows
from invoicing.storage.failures import Outage, repeated_if_lost
from invoicing.storage.prepared import Prepared
from invoicing.storage.reader import Reader
from invoicing.storage.sqlite_engine import sqlite_engine
from invoicing.storage.sqlite_writer import SQLiteWriter
from invoicing.storage.thread_reads import Source
from invoicing.storage.writer import Writer

if TYPE_CHECKING:
    from invoicing.storage.hangs import Hangs

P = ParamSpec("P")
T = TypeVar("T")


KEYS = 1  # threads for callers' keys and for the server itself, which no account's rows fill
READERS = 3  # for rows by their keys; more would only wait for the interpreter's lock
READERS_OF_ONE = 2  # of them for one account
ROWS_AT_ONCE = 4  # operations of an account that may read them
POSTGRESQL_READERS, POSTGRESQL_READERS_OF_ONE, POSTGRESQL_ROWS_AT_ONCE = 4, 3, 8  # it is another process
LISTS = 4  # threads for lists, searches and counts, which the database may take long for
LISTS_OF_ONE = 2  # of them for one account
SPARE = 2  # threads that change, besides those that one account may have
QUERY_TIMEOUT = 5.0  # seconds
LOCK_TIMEOUT = 10.0  # seconds that a command waits for a lock
_VERSION = Prepared(select(column("version_num")).select_from(table("alembic_version")))


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
        self._hangs: Hangs | None = None
        if self.is_sqlite:
            self._open_sqlite(threads, lock_timeout)
        else:
            self._open_postgresql(threads, query_timeout, lock_timeout)
        source = Source(self._in_time, self._hangs, self._reads)
        readers, of_one = READERS, READERS_OF_ONE
        if not self.is_sqlite:
            readers, of_one = POSTGRESQL_READERS, POSTGRESQL_READERS_OF_ONE
        self._keys = Reader(KEYS, query_timeout, most=KEYS, share=source.reads)
        self._rows = Reader(readers, query_timeout, most=of_one, share=source.reads)
        self._lists = Reader(LISTS, query_timeout, most=LISTS_OF_ONE, share=source.reads)

    def _open_sqlite(self, threads: int, lock_timeout: float) -> None:
        readers = threads + KEYS + READERS + LISTS
        self._engine = self._in_time = self._reading = sqlite_engine(
            self.url, "DEFERRED", readers, lock_timeout
        )
        writing = sqlite_engine(self.url, "IMMEDIATE", 1, lock_timeout)
        self._writer: Writer = SQLiteWriter(writing, self._check_version, self._notify_listeners)

    def _open_postgresql(self, threads: int, query_timeout: float, lock_timeout: float) -> None:
        # Here, or SQLite would wait until PostgreSQL's driver is loaded.
        from invoicing.storage import postgresql_engine as engines
        from invoicing.storage.hangs import Hangs
        from invoicing.storage.postgresql_transactions import Transactions
        from invoicing.storage.postgresql_writer import PostgreSQLWriter

        self._engine = engines.postgresql_engine(
            self.url, threads + SPARE, prepare_threshold=None, lock_timeout=lock_timeout
        )
        self._in_time = engines.postgresql_engine(
            self.url,
            KEYS + POSTGRESQL_READERS + LISTS,
            engines.ALWAYS_WITHOUT,
            statement_timeout=query_timeout,
        )
        self._reading = self._engine.execution_options(**engines.NO_TRANSACTION)
        self._hangs = Hangs(engines.connect_to(self.url))
        self._writer = PostgreSQLWriter(
            Transactions(self._engine, self._hangs, self._check_version, self._notify_of_deadlock),
            self._notify_listeners,
            threads=threads + SPARE,
            most=threads,
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
            return repeated_if_lost(once, self._engine)

    def write(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs `work` in one transaction: all of it is stored when this returns, nothing when it raises."""
        with self._writes.translated():
            return self._writer.run(lambda connection: work(connection, *args, **kwargs))

    async def read_async(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Reads for the server itself, or whose key it is that a caller has; the event loop is not blocked.

        Raises QueryTimeout when it takes too long.
        """
        return await self._keys.read(lambda reads: reads.run(work, *args, **kwargs))

    async def read_for(
        self,
        account_id: str,
        work: Callable[Concatenate[Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Reads single rows of an account, or a few, by their keys, as `read_async` does: in its turn."""
        return await self.start_read_for(account_id, work, *args, **kwargs)

    def start_read_for(
        self,
        account_id: str,
        work: Callable[Concatenate[Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> asyncio.Future[T]:
        """`read_for` that does not have to be waited for, or not in a task of its own."""
        return self._rows.read(lambda reads: reads.run(work, *args, **kwargs), account_id)

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
        return await self.start_list_for(account_id, work, *args, **kwargs)

    def start_list_for(
        self,
        account_id: str | None,
        work: Callable[Concatenate[Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> asyncio.Future[T]:
        """`list_for` in the same way."""
        return self._lists.read(lambda reads: reads.run(work, *args, **kwargs), account_id)

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
        return await self._outcome(
            self._writer.submit(lambda connection: work(connection, *args, **kwargs), account_id)
        )

    async def write_each_for(
        self, account_id: str, works: Sequence[Callable[[Connection], T]]
    ) -> list[T | BaseException]:
        """`write_for` of each, one after the other, with what it returns or raises: none undoes another.

        Numbers follow their order. On PostgreSQL no more is tried once it is away.
        """
        submitted = self._writer.submit_each(works, account_id)
        return await asyncio.gather(*map(self._outcome, submitted), return_exceptions=True)

    @property
    def rows_at_once(self) -> int:
        """How many operations of an account that ask for rows by their keys are worth executing at once."""
        return ROWS_AT_ONCE if self.is_sqlite else POSTGRESQL_ROWS_AT_ONCE

    @property
    def is_full(self) -> bool:
        """Whether PostgreSQL has lately refused a command because its disk is full."""
        return self._writes.is_full

    def keep_statistics(self) -> None:
        """Has PostgreSQL look at tables that have outgrown its statistics, after many rows were added."""
        if not self.is_sqlite:
            from invoicing.storage import postgresql_statistics

            self.read(postgresql_statistics.collect)

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
        self._writer.close()
        if self._hangs is not None:
            self._hangs.close()
        self._engine.dispose()
        self._in_time.dispose()

    def _connected(self, engine: Engine) -> AbstractContextManager[Connection]:
        return engine.connect() if self._hangs is None else self._hangs.connected(engine)

    async def _outcome(self, submitted: Future[T]) -> T:
        with self._writes.translated():
            return await asyncio.wrap_future(submitted)

    def _check_version(self, connection: Connection) -> None:
        if self._version is None:
            return
        if rows.values(connection, _VERSION) != [self._version]:
            raise ServerOutdated

    def _notify_of_outage(self, what: str, failure: Exception | None) -> None:
        for listener in [*self.outage_listeners]:
            listener(what, failure)

    def _notify_of_deadlock(self) -> None:
        for listener in self.deadlock_listeners:
            listener()

    def _notify_listeners(self, topics: Collection[str]) -> None:
        if topics:
            for listener in [*self.listeners]:
                listener(topics)
