"""Watches which rows a transaction locks, and in which order, from a second connection to PostgreSQL."""

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
    """Rows of a table that are locked in one step: their key, their order and a condition."""

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
    NAMED: Step("accounts", which="FALSE"),  # inserted rows are not visible to the second connection
    "payments": Step("payments"),
    "jobs": Step("outbox"),
    "documents": Step("documents", "invoice_id", "invoice_id"),
    "deliveries": Step("webhook_deliveries"),
    "payment methods": Step("payment_methods"),
    "the audit log": Step("audit_heads", "lane::text", "lane"),
}
"""The steps of `invoicing.locks`, in a database with one account."""

_PLACES = {name: place for place, name in enumerate(STEPS)}
_INSERT = re.compile(r"\s*INSERT INTO (\w+)")
_WITH_CALLERS_IDS = ("customers", "orders", "order_items", "invoices", "payments")
_LOCKED_BEFORE_INSERT = {
    "order_items": [("orders", "order_id")],
    "allocations": [("invoices", "invoice_id"), ("invoices", "credit_invoice_id")],
}
_REFERENCED = ("accounts", "customers", "orders", "order_items", "invoices", "payments", "payment_methods")


def _is_locked(key: str, table: str, strength: str) -> str:
    """A condition for the rows that cannot be locked with this strength, as they are locked already."""
    return f"{key} NOT IN (SELECT {key} FROM {table} FOR {strength} SKIP LOCKED)"  # noqa: S608


_LOCKED = " UNION ALL ".join(
    f"SELECT '{name}', {step.key}, place FROM "  # noqa: S608
    f"(SELECT *, row_number() OVER (ORDER BY {step.order}) AS place FROM {step.table}) AS numbered "
    f"WHERE {step.which} AND {_is_locked(step.key, step.table, 'NO KEY UPDATE')}"
    for name, step in STEPS.items()
)
_ITEMS = f"SELECT id, order_id FROM order_items WHERE {_is_locked('id', 'order_items', 'NO KEY UPDATE')}"  # noqa: S608
_TOO_STRONG = " UNION ALL ".join(
    f"SELECT '{table}', id FROM {table} WHERE {_is_locked('id', table, 'KEY SHARE')}"  # noqa: S608
    for table in _REFERENCED
)


@dataclass
class Transaction:
    """The rows that a transaction has locked or inserted so far."""

    held: dict[tuple[str, str], int] = field(default_factory=dict)
    inserted: set[tuple[str, str]] = field(default_factory=set)
    step: str = "accounts"

    def has(self, table: str, id: str | None) -> bool:
        return id is None or (table, id) in self.held or (table, id) in self.inserted


class Watch:
    """The steps that transactions have done, and the faults in their order."""

    def __init__(self, second_connection: psycopg.Connection[Any]) -> None:
        self._second_connection = second_connection
        self._now = Transaction()
        self.steps: set[str] = set()
        self.faults: set[str] = set()

    def begin(self) -> None:
        self._now = Transaction()

    def check(self, statement: str, parameters: Any) -> None:
        """Checks the locks after a statement that changed or locked rows."""
        if inserted := _INSERT.match(statement):
            self._inserted(inserted[1], parameters if isinstance(parameters, list) else [parameters])
        found = {(name, key): place for name, key, place in self._found(_LOCKED)}
        new_locks = {row: place for row, place in found.items() if row not in self._now.held}
        for (name, key), place in sorted(new_locks.items(), key=lambda row: (_PLACES[row[0][0]], row[1])):
            if any(step == name and at > place for (step, _), at in self._now.held.items()):
                self.faults.add(f"{name}: {key} is locked after one that follows it, by {statement}")
            self._step(name, statement)
        self._now.held |= new_locks
        for item, order in self._found(_ITEMS):
            if not self._now.has("orders", order):
                self.faults.add(f"The item {item} is changed, and its order is not locked, by {statement}")
        for table, id in self._found(_TOO_STRONG):
            self.faults.add(f"Inserts that refer to {table} {id} would wait, by {statement}")

    def _inserted(self, table: str, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            self._now.inserted.add((table, str(row.get("id"))))
            for target, column in _LOCKED_BEFORE_INSERT.get(table, ()):
                if not self._now.has(target, row[column]):
                    self.faults.add(f"A row of {table} is inserted, and its {column} is not locked")
        if table in _WITH_CALLERS_IDS:
            self._step(NAMED, f"INSERT INTO {table}")

    def _step(self, name: str, statement: str) -> None:
        self.steps.add(name)
        if _PLACES[name] < _PLACES[self._now.step]:
            self.faults.add(f"{name} are locked after {self._now.step}, by {statement}")
        else:
            self._now.step = name

    def _found(self, query: str) -> list[Any]:
        return self._second_connection.execute(query.encode()).fetchall()


@contextmanager
def watching(database: Database) -> Iterator[Watch]:
    """Watches the transactions of this thread."""
    this_thread = threading.get_ident()
    with psycopg.connect(
        database.url.render_as_string(hide_password=False), autocommit=True
    ) as second_connection:
        watch = Watch(second_connection)

        def begin(_: Connection) -> None:
            if threading.get_ident() == this_thread:
                watch.begin()

        def after(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
            if threading.get_ident() == this_thread and not READS_ONLY.match(statement):
                watch.check(statement, parameters)

        event.listen(database._engine, "begin", begin)
        event.listen(database._engine, "after_cursor_execute", after)
        yield watch
        event.remove(database._engine, "begin", begin)
        event.remove(database._engine, "after_cursor_execute", after)
