"""Row 3: the number of SQL statements for a page of 50 invoices, with different selections."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

from bench import shop
from bench.homes import KINDS
from bench.results import Result, Run
from bench.shop import Shop
from invoicing.storage.database import Database
from resolvers.context import Context
from resolvers.ways import Way
from schema import Schema
from schema.execution.documents import Rules

WAYS = (Way.FIRST, Way.FIRST, Way.PLANNED)  # how a query is executed that comes for the first times
MAX_STATEMENTS, MAX_STATEMENTS_OF_MONEY = 4, 6
_NOT_COUNTED = ("BEGIN", "PRAGMA")
_LINES = "lines { name quantity total vat { rate amount } }"
_ITEMS = "items { id status vat { amount } }"
_AMOUNTS = "status amount_due amount_paid amount_refunded amount_outstanding payments { id status amount }"
MONEY = "payments, credits, what they credit"

SELECTIONS: Mapping[str, str] = {
    "numbers and totals": "nodes { id number total }",
    "customers, orders, pdf_url": "nodes { number pdf_url customer { name } orders { number } }",
    "all of an invoice": f"nodes {{ number pdf_url pdf_status {_LINES} customer {{ name }} }}",
    "orders with items and actions": (
        f"nodes {{ pdf_url customer {{ name }} orders {{ number {_ITEMS} actions {{ action ids }} }} }}"
    ),
    "orders with items, actions and their invoices again": (
        f"nodes {{ pdf_url customer {{ name }} "
        f"orders {{ total customer {{ name }} {_ITEMS} actions {{ ids }} invoices {{ number pdf_url }} }} }}"
    ),
    "all of that and totalCount": (
        f"totalCount nodes {{ pdf_url customer {{ name }} "
        f"orders {{ total customer {{ name }} {_ITEMS} actions {{ ids }} invoices {{ number pdf_url }} }} }}"
    ),
    "customers, orders, pdf_url and totalCount": (
        "totalCount nodes { number pdf_url customer { name } orders { number } }"
    ),
    MONEY: f"nodes {{ reimbursement {{ {_AMOUNTS} }} credits {{ id number }} credited_by {{ id number }} }}",
}


def results(run: Run) -> Iterator[Result]:
    counts = {kind: dict(_counts(run, kind)) for kind in KINDS}
    for name in SELECTIONS:
        found = [counts[kind][name] for kind in KINDS]
        most = MAX_STATEMENTS_OF_MONEY if name == MONEY else MAX_STATEMENTS
        planned, first = (" and ".join(map(str, sorted(set(each)))) for each in zip(*found, strict=True))
        shown = planned if planned == first else f"{planned} ({first} the first times)"
        reached = max(count for count, _ in found) <= most
        yield Result(f"50 invoices: {name}", f"statements: {shown}", to_reach=f"≤ {most}", reached=reached)


def _counts(run: Run, kind: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """By a plan, and before there is one."""
    with run.homes.fresh(kind) as home, home.database() as database:
        opened = shop.open_shop(database)
        shop.stock_invoices(database, opened, "A", 60)
        schema = Schema(Rules())  # one that has executed nothing
        for name, selection in SELECTIONS.items():
            if name == MONEY:  # the last selection, as the others are counted without payments
                shop.move_money(database, opened, "A")
            query = f"{{ invoices(first: 50) {{ {selection} }} }}"
            *first, planned = [_count(schema, database, opened, query, way) for way in WAYS]
            yield name, (planned, max(first))


def _count(schema: Schema, database: Database, opened: Shop, query: str, way: Way) -> int:
    with _recorded_statements() as statements:
        _ask(schema, database, opened, query, way)
    return len(statements)


def _ask(schema: Schema, database: Database, opened: Shop, query: str, way: Way) -> None:
    context = Context(opened.principal, opened.services(database), "bench")
    result = asyncio.run(schema.execute(query, context_value=context))
    assert context.way is way, context.way
    assert not result.errors, result.errors
    assert result.data
    assert len(result.data["invoices"]["nodes"]) == 50


@contextmanager
def _recorded_statements() -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        if not statement.startswith(_NOT_COUNTED):
            statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield statements
    event.remove(Engine, "before_cursor_execute", note)
    assert any("FROM invoices" in statement for statement in statements), statements
