"""When a query has a plan, and what becomes of one that cannot go on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from invoicing.errors import NotFound
from invoicing.storage.database import Database
from resolvers import invoices
from resolvers.context import Context
from resolvers.ways import Way
from schema import Schema
from schema.execution import plans
from schema.execution.documents import Rules
from schema.execution.limits import Limits
from schema.execution.meter import Meter
from schema.execution.plans import Plans
from tests.schema.execution.test_query_counts import counted
from tests.support import factories
from tests.support.client import Client, client
from tests.support.contexts import context

INVOICE = 'query One { invoice(id: "v") { number total lines { name } customer { name } } }'


@pytest.fixture(autouse=True)
def _both_ways() -> None:
    """Not here."""


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    shop = client(database, tmp_path)
    factories.customer(database, shop.principal, id="c", name="Ann")
    factories.invoice(database, shop.principal, customer_id="c", invoice_id="v")
    return shop


def asked(schema: Schema, shop: Client, query: str, **variables: Any) -> tuple[Any, Context]:
    ctx = context(shop.principal, shop.database)
    return asyncio.run(schema.execute(query, variable_values=variables, context_value=ctx)), ctx


def ways(schema: Schema, shop: Client, query: str, times: int = 3, **variables: Any) -> list[bool]:
    """Whether it was planned, each time that it is asked."""
    return [asked(schema, shop, query, **variables)[1].way is Way.PLANNED for _ in range(times)]


def test_a_query_has_a_plan_once_it_has_come_before(shop: Client) -> None:
    schema = Schema(Rules())
    assert ways(schema, shop, INVOICE) == [False, False, True]
    assert asked(schema, shop, INVOICE)[1].operation == "One"


@pytest.mark.parametrize("head", ["query Named", "query", ""])
def test_an_operation_is_limited_however_often_it_comes(shop: Client, head: str) -> None:
    """Also where its document names it and the request does not."""
    schema = Schema(Rules(Limits(root_fields=2)))
    for _ in range(4):
        result, ctx = asked(schema, shop, head + " { __typename account { id } a: account { id } }")
        assert [error.extensions["limit"] for error in result.errors] == ["root_fields"]
        assert ctx.way is not Way.PLANNED


def test_a_page_is_limited_however_often_its_operation_comes(shop: Client) -> None:
    schema = Schema(Rules(Limits(cost=50)))
    query = "query Named($size: Int) { invoices(first: $size) { nodes { id } } }"
    assert ways(schema, shop, query, size=5) == [False, False, True]
    for _ in range(2):
        result, _ = asked(schema, shop, query, size=100)
        assert [error.extensions["limit"] for error in result.errors] == ["cost"]


def test_what_is_no_query_over_the_types_has_none(shop: Client) -> None:
    schema = Schema(Rules())
    assert True not in ways(schema, shop, "{ __schema { queryType { name } } }")
    assert True not in ways(schema, shop, "{ nothing }")


def test_each_choice_of_a_directive_has_its_plan_and_very_many_have_none(shop: Client) -> None:
    schema = Schema(Rules())
    query = """query ($a: Boolean!, $b: Boolean!, $c: Boolean!) {
      account { id name @skip(if: $a) created: id @include(if: $b) ...F @skip(if: $c) }
    } fragment F on Account { vat_number }"""
    seen = []
    for number in (0, 0, 0, *range(8)):
        flags = {"a": bool(number & 1), "b": bool(number & 2), "c": bool(number & 4)}
        result, ctx = asked(schema, shop, query, **flags)
        assert len(result.data["account"]) == 1 + (not flags["a"]) + flags["b"] + (not flags["c"])
        seen.append(ctx.way is Way.PLANNED)
    assert seen == [False, False, True, *[True] * 4, *[False] * 4]


def test_a_resolver_of_a_plan_that_fails_is_not_asked_again(
    shop: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema = Schema(Rules())
    query = '{ invoice(id: "v") { id } account { id } }'
    assert ways(schema, shop, query) == [False, False, True]
    calls = []

    async def missing(*_: Any) -> Any:
        calls.append(1)
        raise NotFound("There is none.")

    monkeypatch.setattr(invoices, "invoice", missing)
    result, ctx = asked(schema, shop, query)
    assert ctx.way is not Way.PLANNED
    assert len(calls) == 1
    assert result.data == {"invoice": None, "account": {"id": shop.principal.account_id}}
    assert [error.path for error in result.errors] == [["invoice"]]


def test_a_plan_asks_the_same_tables_in_the_same_order_for_less(shop: Client) -> None:
    schema = Schema(Rules())
    read: list[list[tuple[str, set[str]]]] = []
    for way in (Way.FIRST, Way.FIRST, Way.PLANNED):
        with counted() as statements:
            assert asked(schema, shop, INVOICE)[1].way is way
        read.append([*map(read_by, statements)])
    first, again, planned = read
    assert first == again
    assert [table for table, _ in planned] == [table for table, _ in first] == ["invoices", "customers"]
    assert all(shown < whole for (_, shown), (_, whole) in zip(planned, first, strict=True))


def read_by(statement: str) -> tuple[str, set[str]]:
    """The table that it is about, and what it selects."""
    selected, _, rest = statement.removeprefix("SELECT ").partition(" \nFROM ")
    return rest.split()[0], set(selected.split(", "))


def test_plans_are_forgotten_in_time(shop: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    schema = Schema(Rules())
    monkeypatch.setattr(plans, "MOST_OPERATIONS", 3)
    queries = [f'{{ a{n}: invoice(id: "v") {{ id }} }}' for n in range(4)]
    for query in queries:
        assert ways(schema, shop, query) == [False, False, True]
    assert ways(schema, shop, queries[3], 1) == [True]
    assert ways(schema, shop, queries[0], 1) == [False]
    monkeypatch.setattr(plans, "MOST_LINES", 1)
    for query in queries[:2]:
        assert ways(schema, shop, query)[-1]
    assert len(kept(schema)) == 1


def test_the_lines_of_plans_are_counted_once(shop: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many wait for the same plan, and also where it is forgotten meanwhile."""
    schema = Schema(Rules())
    query, flagged = "{ account { name } }", INVOICE.replace("total", "total @skip(if: $a)")
    flagged = flagged.replace("One", "One($a: Boolean!)")

    async def ask_at_once() -> None:
        asking = [
            schema.execute(
                flagged,
                variable_values={"a": bool(n % 2)},
                context_value=context(shop.principal, shop.database),
            )
            for n in range(12)
        ]
        await asyncio.gather(*asking)

    for _ in range(3):
        asyncio.run(ask_at_once())
    lines = sum(each.lines for each in kept(schema).values())
    monkeypatch.setattr(plans, "MOST_LINES", lines + 40)
    assert ways(schema, shop, query) == [False, False, True]
    assert ways(schema, shop, flagged, 1, a=True) == [True]


def kept(schema: Schema) -> dict[Any, Any]:
    found: Plans = schema._plans
    return found._known


def test_which_way_operations_go_is_counted(shop: Client) -> None:
    never_asked = INVOICE.replace("One", f"By_{shop.principal.account_id.replace('-', '_')}")
    for _ in range(3):
        shop.ask(never_asked)
    metrics = shop.request("GET", "/metrics").text
    assert 'invoicing_executions_total{reason="",way="planned"} 1.0' in metrics
    assert 'invoicing_executions_total{reason="first",way="interpreted"} 2.0' in metrics


def points(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[int]]:
    """The thousandths of a point that were counted since it was called last, by each execution."""
    made: list[Meter] = []
    begin = Meter.__init__

    def note(self: Meter, most: int) -> None:
        begin(self, most)
        made.append(self)

    def taken() -> list[int]:
        spent = [meter.spent for meter in made]
        made.clear()
        return spent

    monkeypatch.setattr(Meter, "__init__", note)
    return taken


def test_a_plan_counts_what_is_counted_without_it(shop: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    schema, taken = Schema(Rules()), points(monkeypatch)
    for query in (
        INVOICE,
        '{ invoice(id: "v") { id state orders { id metadata } lines { id vat { rate } } pdf_warnings } }',
        "{ invoices { nodes { id created_by { name } metadata } pageInfo { endCursor } totalCount } }",
        "{ __typename account { id name __typename } }",
        '{ invoice(id: "v") { lines { __typename id vat { __typename } } orders { __typename } } }',
        "{ orders { edges { node { actions { action ids } items { quantity vat { rate } } } } } }",
    ):
        counts = []
        for _ in range(3):
            assert not asked(schema, shop, query)[0].errors
            counts.append(taken())
        assert counts[0] == counts[1] == counts[2], query
