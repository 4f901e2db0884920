"""Which rows a transaction locks, and in which order: PostgreSQL itself tells it to a connection beside."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import psycopg
from sqlalchemy import Connection, event

from invoicing.storage.database import Database
from tests.support.crossing import READS_ONLY


class Step(NamedTuple):
    """The rows of a table that are locked in one step: their key, their order, and which they are."""

    table: str
    key: str = "id"
    order: str = "id"
    which: str = "TRUE"


NAMED = "what callers name"
_SERIES = ("number_series", "type || period", "type, period")
STEPS = {
    "accounts": Step("accounts"),
    "customers": Step("customers"),
    "endpoints": Step("webhook_endpoints"),
    "the series of orders": Step(*_SERIES, "type = 'ORDER'"),
    "orders": Step("orders"),
    "invoices": Step("invoices", order="type DESC, created_at, id"),
    "the series of invoices": Step(*_SERIES, "type <> 'ORDER'"),
    NAMED: Step("accounts", which="FALSE"),  # what is inserted cannot be seen from beside
    "payments": Step("payments"),
    "jobs": Step("outbox"),
    "documents": Step("documents", "invoice_id", "invoice_id"),
    "deliveries": Step("webhook_deliveries"),
    "payment methods": Step("payment_methods"),
}
"""As `invoicing.locks` states them, in a database with one account."""

_PLACES = {name: place for place, name in enumerate(STEPS)}
_INSERT = re.compile(r"\s*INSERT INTO (\w+)")
_WITH_NAMES = ("customers", "orders", "order_items", "invoices", "payments")
_NEEDED = {
    "order_items": [("orders", "order_id")],
    "allocations": [("invoices", "invoice_id"), ("invoices", "credit_invoice_id")],
}
_REFERRED = ("accounts", "customers", "orders", "order_items", "invoices", "payments", "payment_methods")


def _taken(key: str, table: str, strength: str) -> str:
    """The rows that cannot be locked so, since somebody has locked them."""
    return f"{key} NOT IN (SELECT {key} FROM {table} FOR {strength} SKIP LOCKED)"  # noqa: S608


_LOCKED = " UNION ALL ".join(
    f"SELECT '{name}', {step.key}, place FROM "  # noqa: S608
    f"(SELECT *, row_number() OVER (ORDER BY {step.order}) AS place FROM {step.table}) AS numbered "
    f"WHERE {step.which} AND {_taken(step.key, step.table, 'NO KEY UPDATE')}"
    for name, step in STEPS.items()
)
_ITEMS = f"SELECT id, order_id FROM order_items WHERE {_taken('id', 'order_items', 'NO KEY UPDATE')}"  # noqa: S608
_TOO_STRONG = " UNION ALL ".join(
    f"SELECT '{table}', id FROM {table} WHERE {_taken('id', table, 'KEY SHARE')}"  # noqa: S608
    for table in _REFERRED
)


@dataclass
class Transaction:
    """What one has locked so far, and what it has inserted itself."""

    held: dict[tuple[str, str], int] = field(default_factory=dict)
    made: set[tuple[str, str]] = field(default_factory=set)
    step: str = "accounts"

    def has(self, table: str, id: str | None) -> bool:
        return id is None or (table, id) in self.held or (table, id) in self.made


class Watch:
    """The steps that transactions have taken, and what was against their order."""

    def __init__(self, beside: psycopg.Connection[Any]) -> None:
        self._beside = beside
        self._now = Transaction()
        self.steps: set[str] = set()
        self.faults: set[str] = set()

    def begin(self) -> None:
        self._now = Transaction()

    def look(self, statement: str, parameters: Any) -> None:
        """After a statement that has changed or locked something."""
        if inserted := _INSERT.match(statement):
            self._inserted(inserted[1], parameters if isinstance(parameters, list) else [parameters])
        found = {(name, key): place for name, key, place in self._found(_LOCKED)}
        fresh = {row: place for row, place in found.items() if row not in self._now.held}
        for (name, key), place in sorted(fresh.items(), key=lambda row: (_PLACES[row[0][0]], row[1])):
            if any(step == name and at > place for (step, _), at in self._now.held.items()):
                self.faults.add(f"{name}: {key} is locked after one that follows it, by {statement}")
            self._step(name, statement)
        self._now.held |= fresh
        for item, order in self._found(_ITEMS):
            if not self._now.has("orders", order):
                self.faults.add(f"The item {item} is changed, and its order is not locked, by {statement}")
        for table, id in self._found(_TOO_STRONG):
            self.faults.add(f"Inserts that refer to {table} {id} would wait, by {statement}")

    def _inserted(self, table: str, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            self._now.made.add((table, str(row.get("id"))))
            for target, column in _NEEDED.get(table, ()):
                if not self._now.has(target, row[column]):
                    self.faults.add(f"A row of {table} is inserted, and its {column} is not locked")
        if table in _WITH_NAMES:
            self._step(NAMED, f"INSERT INTO {table}")

    def _step(self, name: str, statement: str) -> None:
        self.steps.add(name)
        if _PLACES[name] < _PLACES[self._now.step]:
            self.faults.add(f"{name} are locked after {self._now.step}, by {statement}")
        else:
            self._now.step = name

    def _found(self, query: str) -> list[Any]:
        return self._beside.execute(query.encode()).fetchall()


@contextmanager
def watching(database: Database) -> Iterator[Watch]:
    """Watches the transactions of this thread."""
    me = threading.get_ident()
    with psycopg.connect(database.url.render_as_string(hide_password=False), autocommit=True) as beside:
        watch = Watch(beside)

        def begun(_: Connection) -> None:
            if threading.get_ident() == me:
                watch.begin()

        def after(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
            if threading.get_ident() == me and not READS_ONLY.match(statement):
                watch.look(statement, parameters)

        event.listen(database._engine, "begin", begun)
        event.listen(database._engine, "after_cursor_execute", after)
        yield watch
        event.remove(database._engine, "begin", begun)
        event.remove(database._engine, "after_cursor_execute", after)
