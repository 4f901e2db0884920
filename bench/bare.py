"""The limit of issuing: the very statements that issuing makes, in a loop, and nothing else.

They are taken down while the product issues invoices that are then rolled back. What remains is the database:
each statement prebuilt, its parameters ready, down to the snapshot and the number.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, Executable, create_engine, event, make_url

from bench.homes import SQLITE, Home
from bench.shop import NOW, Shop
from invoicing import issuing
from invoicing.database import Database

Statement = tuple[Executable, Any]


class _RolledBack(Exception):
    pass


def taken_down(database: Database, shop: Shop, orders: Sequence[Sequence[str]]) -> list[list[Statement]]:
    """The statements of an invoice for each of these lists of item ids."""
    transactions: list[list[Statement]] = []

    def take_down(_: Connection, statement: Any, several: Any, single: Any, __: Any) -> None:
        transactions[-1].append((statement, several or single))

    def issue(connection: Connection) -> None:
        event.listen(connection, "before_execute", take_down)
        for ids in orders:
            transactions.append([])
            issuing.invoice_items(connection, shop.principal, ids, now=NOW)
        event.remove(connection, "before_execute", take_down)
        raise _RolledBack

    try:
        database.write(issue)
    except _RolledBack:
        gc.freeze()
    return transactions


class Bare:
    """One thread, one connection, one transaction an invoice."""

    def __init__(self, home: Home, transactions: Sequence[list[Statement]]) -> None:
        self._engine = _engine(home)
        self._waiting = iter(transactions)

    def rate(self, count: int) -> float:
        """Invoices a second, over the next `count`."""
        with self._engine.connect() as connection:
            began = time.perf_counter()
            for _ in range(count):
                with connection.begin():
                    _replay(connection, next(self._waiting))
            return count / (time.perf_counter() - began)


def _replay(connection: Connection, transaction: list[Statement]) -> None:
    for statement, parameters in transaction:
        result = connection.execute(statement, parameters)
        if result.returns_rows:
            result.all()


def _engine(home: Home) -> Engine:
    """As durable as the product's own."""
    url = make_url(home.url)
    if home.kind != SQLITE:
        return create_engine(url.set(drivername="postgresql+psycopg"), **_JSON)
    engine = create_engine(url, connect_args={"isolation_level": None, "cached_statements": 512}, **_JSON)

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _: Any) -> None:
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


_PRAGMAS = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "cache_size = -65536")
_JSON: dict[str, Any] = {
    "json_serializer": lambda value: orjson.dumps(value).decode(),
    "json_deserializer": orjson.loads,
}
