"""The way to the database: one transaction a call, on SQLite and on PostgreSQL.

SQLite has one writer, so all commands go through one thread and never wait for a lock in vain;
PostgreSQL has a few. Commands take a connection and do not know who commits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Concatenate, ParamSpec, TypeVar

import orjson
from sqlalchemy import Connection, Engine, create_engine, event, make_url

P = ParamSpec("P")
T = TypeVar("T")

Work = Callable[Concatenate[Connection, P], T]


class Database:
    """Runs work in transactions; `on_commit` is called after a transaction that enqueued a job."""

    def __init__(self, url: str, *, threads: int = 4) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.on_commit: Callable[[], None] = _nothing
        writers = 1 if self.is_sqlite else threads
        self._write = _sqlite(self.url, "IMMEDIATE", 1) if self.is_sqlite else _postgresql(self.url, writers)
        self._read = _sqlite(self.url, "DEFERRED", threads) if self.is_sqlite else self._write
        self._writers = ThreadPoolExecutor(writers, "write")
        self._readers = ThreadPoolExecutor(threads, "read") if self.is_sqlite else self._writers

    def read(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        with self._read.connect() as connection:
            return work(connection, *args, **kwargs)

    def write(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work` in one transaction: all of it is stored when this returns, or none of it."""
        with self._write.begin() as connection:
            done = work(connection, *args, **kwargs)
            enqueued = connection.info.pop("enqueued", False)
        if enqueued:
            self.on_commit()
        return done

    async def read_async(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """`read`, in a thread of its own: the event loop goes on."""
        call: Callable[[], T] = lambda: self.read(work, *args, **kwargs)  # noqa: E731
        return await asyncio.get_running_loop().run_in_executor(self._readers, call)

    async def write_async(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """`write`, in a thread: the event loop goes on."""
        call: Callable[[], T] = lambda: self.write(work, *args, **kwargs)  # noqa: E731
        return await asyncio.get_running_loop().run_in_executor(self._writers, call)

    def close(self) -> None:
        self._writers.shutdown()
        self._readers.shutdown()
        self._write.dispose()
        self._read.dispose()


def _nothing() -> None:
    return None


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _postgresql(url: Any, connections: int) -> Engine:
    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=connections,
        max_overflow=0,
        pool_pre_ping=False,
        json_serializer=_json,
        json_deserializer=orjson.loads,
    )


def _sqlite(url: Any, begin: str, connections: int) -> Engine:
    engine = create_engine(
        url,
        pool_size=connections,
        max_overflow=0,
        json_serializer=_json,
        json_deserializer=orjson.loads,
        connect_args={"timeout": 30, "isolation_level": None, "cached_statements": 512},
    )

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _: Any) -> None:
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",  # what was acknowledged survives a power cut
            "foreign_keys = ON",
            "cache_size = -65536",
            "temp_store = MEMORY",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(f"BEGIN {begin}")

    return engine
