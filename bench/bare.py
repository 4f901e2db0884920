"""The limit of a command: its own SQL statements in a bare loop of the driver, sqlite3 or Psycopg.

The statements and their parameters, with the snapshot and the number, are recorded while the product runs
commands that are rolled back. So the loop measures only the database and its driver.
"""

from __future__ import annotations

import gc
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, Engine, create_engine, event, make_url

from bench.homes import SQLITE, Home
from invoicing.access import Principal
from invoicing.audit.actions import AuditAction
from invoicing.audit.entries import Act, audited
from invoicing.storage.database import Database
from invoicing.storage.sha256 import add_sha256
from resolvers.audit_subjects import subjects_of

Work = Callable[[Connection], object]
_INSERT = re.compile(r"INSERT INTO (\w+)")


class Statement(NamedTuple):
    """A statement as the driver gets it, with the values of one row, or of each of several."""

    text: str
    values: Any
    is_for_several: bool


Transaction = list[Statement]


class _RolledBack(Exception):
    pass


def command(
    principal: Principal, action: AuditAction, run: Callable[..., Any], *args: Any, **kwargs: Any
) -> Work:
    """A command as a request runs it: it leaves its entry in the audit log."""
    act = Act.of(principal, action, at=kwargs["now"], request_id="bench")
    recorded = audited(act, run, subjects_of)
    return lambda connection: recorded(connection, principal, *args, **kwargs)


def record_statements(database: Database, works: Iterable[Work]) -> list[Transaction]:
    """The statements of each of these commands, which are rolled back.

    Events of the cursor are the ones to listen to: then prepared statements, too, are executed by SQLAlchemy.
    """
    transactions: list[Transaction] = []

    def record(_: Any, __: Any, text: str, values: Any, ___: Any, is_for_several: bool) -> None:
        transactions[-1].append(Statement(text, values, is_for_several))

    def run(connection: Connection) -> None:
        event.listen(connection, "before_cursor_execute", record)
        for work in works:
            transactions.append([])
            work(connection)
        event.remove(connection, "before_cursor_execute", record)
        raise _RolledBack

    try:
        database.write(run)
    except _RolledBack:
        gc.freeze()
    return transactions


def check_inserts(statements: Iterable[Statement], expected: Mapping[str, int]) -> None:
    """Refuses a recording that lacks some of these rows: a loop without them would be no limit at all."""
    rows = Counter[str]()
    for text, values, is_for_several in statements:
        if found := _INSERT.match(text):
            rows[found[1]] += len(values) if is_for_several else 1
    missing = {table: count for table, count in expected.items() if rows[table] < count}
    if missing:
        raise RuntimeError(f"The recorded statements insert {dict(rows)}; of these there must be {missing}.")


class Bare:
    """Runs recorded statements: one thread, one connection, a commit for each command."""

    def __init__(self, home: Home, transactions: Sequence[Transaction]) -> None:
        self._is_sqlite = home.kind == SQLITE
        self._engine = bare_engine(home)
        self._pooled = self._engine.raw_connection()
        self._waiting = iter(transactions)

    def close(self) -> None:
        self._pooled.close()
        self._engine.dispose()

    def run(self, most: int, seconds: float) -> tuple[float, float]:
        """Runs up to `most` commands; returns commands a second, and milliseconds of CPU for one."""
        cursor = self._pooled.cursor()
        if not self._is_sqlite:
            # Or it plans for tables as they were before the rounds. For the product its server sees to that.
            cursor.execute("ANALYZE")
            self._pooled.commit()
        start, cpu = time.perf_counter(), time.process_time()
        done, elapsed = 0, 0.0
        while done < most and elapsed < seconds:
            if self._is_sqlite:  # Psycopg begins by itself
                cursor.execute("BEGIN IMMEDIATE")
            _replay(cursor, next(self._waiting))
            self._pooled.commit()
            done, elapsed = done + 1, time.perf_counter() - start
        cursor.close()
        return done / elapsed, (time.process_time() - cpu) / done * 1000


def _replay(cursor: Any, transaction: Transaction) -> None:
    for text, values, is_for_several in transaction:
        if is_for_several:
            cursor.executemany(text, values)
            continue
        cursor.execute(text, values)
        if cursor.description:
            cursor.fetchall()


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
        add_sha256(connection)

    @event.listens_for(made, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return made


_PRAGMAS = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "cache_size = -65536")
_JSON: dict[str, Any] = {
    "json_serializer": lambda value: orjson.dumps(value).decode(),
    "json_deserializer": orjson.loads,
}
