"""The limit of a command: its own SQL statements in a loop, and nothing else.

The statements and their parameters, with the snapshot and the number, are recorded while the product runs
commands that are rolled back. So the loop measures only the database.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, Executable, create_engine, event, make_url

from bench.homes import SQLITE, Home
from invoicing.storage.database import Database

Statement = tuple[Executable, Any]
Work = Callable[[Connection], object]


class _RolledBack(Exception):
    pass


def record_statements(database: Database, works: Iterable[Work]) -> list[list[Statement]]:
    """The statements of each of these commands, which are rolled back."""
    transactions: list[list[Statement]] = []

    def record(_: Connection, statement: Any, several: Any, single: Any, __: Any) -> None:
        transactions[-1].append((statement, several or single))

    def run(connection: Connection) -> None:
        event.listen(connection, "before_execute", record)
        for work in works:
            transactions.append([])
            work(connection)
        event.remove(connection, "before_execute", record)
        raise _RolledBack

    try:
        database.write(run)
    except _RolledBack:
        gc.freeze()
    return transactions


class Bare:
    """Runs recorded statements: one thread, one connection, one transaction for each command."""

    def __init__(self, home: Home, transactions: Sequence[list[Statement]]) -> None:
        self._engine = bare_engine(home)
        self._waiting = iter(transactions)

    def run(self, most: int, seconds: float) -> tuple[float, float]:
        """Runs up to `most` commands; returns commands a second, and milliseconds of CPU for one."""
        with self._engine.connect() as connection:
            start, cpu = time.perf_counter(), time.process_time()
            done, elapsed = 0, 0.0
            while done < most and elapsed < seconds:
                with connection.begin():
                    _replay(connection, next(self._waiting))
                done, elapsed = done + 1, time.perf_counter() - start
            return done / elapsed, (time.process_time() - cpu) / done * 1000


def _replay(connection: Connection, transaction: list[Statement]) -> None:
    for statement, parameters in transaction:
        result = connection.execute(statement, parameters)
        if result.returns_rows:
            result.all()


def bare_engine(home: Home) -> Engine:
    """An engine with the same durability as the product's."""
    url = make_url(home.url)
    if home.kind != SQLITE:
        return create_engine(url.set(drivername="postgresql+psycopg"), **_JSON)
    made = create_engine(url, connect_args={"isolation_level": None, "cached_statements": 512}, **_JSON)

    @event.listens_for(made, "connect")
    def configure(connection: Any, _: Any) -> None:
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(made, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return made


_PRAGMAS = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "cache_size = -65536")
_JSON: dict[str, Any] = {
    "json_serializer": lambda value: orjson.dumps(value).decode(),
    "json_deserializer": orjson.loads,
}
