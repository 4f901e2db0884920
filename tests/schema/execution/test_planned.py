"""What becomes of the root fields of mutations and subscriptions, below which plans answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import func, select

from invoicing.access import Actor, Scope
from invoicing.storage.database import Database
from invoicing.storage.tables import orders
from resolvers import invoices
from resolvers.context import Context
from resolvers.ways import Way
from schema import Schema
from schema.execution.compiled.operation import CompiledOperation
from schema.execution.documents import Rules
from schema.execution.limits import Limits
from schema.execution.meter import Meter
from tests.support import factories
from tests.support.client import Client, client
from tests.support.contexts import context

RENAME = """mutation Rename($name: String!, $other: String!) {
  a: updateCustomer(input: {id: "c", name: $name}) { customer { name payment_methods { id } } }
  b: updateCustomer(input: {id: "c", name: $other}) { customer { name node_id } __typename }
}"""
CREATE = """mutation ($input: CreateOrderInput!) {
  createOrder(input: $input) { order { id number items { name total vat { rate } } invoices { id } } }
}"""
NEW = {"items": [{"name": "Mug", "quantity": 1, "unit_price": 100}], "billing_name": "Ann"}
FOLLOW = 'subscription Follow { invoiceUpdated(id: "v") { number lines { name } customer { name } } }'


@pytest.fixture(autouse=True)
def _both_ways() -> None:
    """Not here."""


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    shop = client(database, tmp_path)
    factories.customer(database, shop.principal, id="c", name="Ann")
    factories.invoice(database, shop.principal, customer_id="c", invoice_id="v")
    return shop


def asked(schema: Schema, ctx: Context, query: str, **variables: Any) -> tuple[Any, Way | None]:
    ctx = ctx.another()
    result = asyncio.run(schema.execute(query, variable_values=variables, context_value=ctx))
    return result, ctx.way


def ways(schema: Schema, ctx: Context, query: str, **variables: Any) -> list[Way | None]:
    return [asked(schema, ctx, query, **variables)[1] for _ in range(3)]


def orders_in(shop: Client) -> int:
    count = select(func.count()).select_from(orders)
    return int(shop.database.read(lambda connection: connection.execute(count).scalar_one()))


def test_payloads_are_read_by_a_plan_once_the_mutation_has_come_before(shop: Client) -> None:
    schema, ctx = Schema(Rules()), context(shop.principal, shop.database)
    answers = [asked(schema, ctx, RENAME, name=f"A{n}", other=f"B{n}") for n in range(3)]
    assert [way for _, way in answers] == [Way.FIRST, Way.FIRST, Way.PLANNED]
    for number, (result, _) in enumerate(answers):
        assert result.errors is None
        assert result.data["a"]["customer"]["name"] == f"A{number}"
        assert result.data["b"] == {
            "customer": {"name": f"B{number}", "node_id": result.data["b"]["customer"]["node_id"]},
            "__typename": "UpdateCustomerPayload",
        }


def test_changes_of_one_request_are_made_one_after_the_other(shop: Client) -> None:
    """Each payload is read before the next change: that is what it shows."""
    schema, ctx = Schema(Rules()), context(shop.principal, shop.database)
    query = "mutation {" + "".join(
        f' m{n}: updateCustomer(input: {{id: "c", name: "N{n}"}}) {{ customer {{ name }} }}' for n in range(5)
    )
    for _ in range(3):
        result, way = asked(schema, ctx, query + "}")
        assert result.data == {f"m{n}": {"customer": {"name": f"N{n}"}} for n in range(5)}
    assert way is Way.PLANNED


def test_a_mutation_is_done_once_where_its_payload_cannot_be_read(shop: Client) -> None:
    """This key may not see invoices, so the payload has an error, of which plans know nothing."""
    principal = replace(shop.principal, scopes=frozenset({Scope.ORDERS_WRITE}))
    schema, ctx = Schema(Rules()), context(principal, shop.database)
    seen, before = [], orders_in(shop)
    for _ in range(3):
        result, way = asked(schema, ctx, CREATE, input=NEW)
        seen.append(way)
        assert [error.path for error in result.errors] == [["createOrder", "order", "invoices"]]
        assert [error.extensions["code"] for error in result.errors] == ["FORBIDDEN"]
    assert seen == [Way.FIRST, Way.FIRST, Way.FAILED]
    assert orders_in(shop) == before + 3


def test_a_change_that_is_refused_ends_the_request_and_keeps_what_was_done(shop: Client) -> None:
    schema, ctx = Schema(Rules()), context(shop.principal, shop.database)
    query = """mutation ($id: String!) {
      a: updateCustomer(input: {id: "c", name: "A"}) { customer { name } }
      b: updateCustomer(input: {id: $id, name: "B"}) { customer { name } }
      c: updateCustomer(input: {id: "c", name: "C"}) { customer { name } }
    }"""
    assert ways(schema, ctx, query, id="c") == [Way.FIRST, Way.FIRST, Way.PLANNED]
    result, way = asked(schema, ctx, query, id="nobody")
    assert result.data is None
    assert [error.path for error in result.errors] == [["b"]]
    assert way is Way.FAILED
    assert shop.ask('{ customer(id: "c") { name } }') == {"customer": {"name": "A"}}


def test_what_went_wrong_before_a_change_is_no_failure_of_its_plan(shop: Client) -> None:
    schema, ctx = Schema(Rules()), context(shop.principal, shop.database)
    assert ways(schema, ctx, CREATE, input=NEW)[-1] is Way.PLANNED
    result, way = asked(schema, ctx, CREATE.replace("number", "nothing"), input=NEW)
    assert (result.data, way) == (None, Way.REFUSED)
    before = orders_in(shop)
    result, _ = asked(schema, ctx, CREATE, input={"items": "none"})
    assert [error.extensions["code"] for error in result.errors] == ["VALIDATION_ERROR"]
    assert orders_in(shop) == before


def test_a_session_sees_below_a_change_what_it_sees_elsewhere(shop: Client) -> None:
    """Whether it or its seller has asked before."""
    schema, ctx = Schema(Rules()), context(shop.principal, shop.database)
    factories.order(shop.database, shop.principal, id="o", customer_id="c", meta={"a": 1})
    actor = Actor("c", "Ann", "customer")
    session = context(replace(shop.principal, actor=actor, customer_id="c"), shop.database)
    query = 'mutation { updateOrder(input: {id: "o", billing_name: "Ann"}) { order { metadata } } }'
    for caller, metadata in ((ctx, {"a": 1}), (session, {})):
        for _ in range(3):
            result, way = asked(schema, caller, query)
            assert result.data == {"updateOrder": {"order": {"metadata": metadata}}}
        assert way is Way.PLANNED


def test_a_payload_counts_what_it_counts_without_a_plan(
    shop: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema, ctx = Schema(Rules()), context(shop.principal, shop.database)
    made: list[Meter] = []
    begin = Meter.__init__

    def note(self: Meter, most: int) -> None:
        begin(self, most)
        made.append(self)

    monkeypatch.setattr(Meter, "__init__", note)
    counts = []
    for _ in range(3):
        result, way = asked(schema, ctx, RENAME, name="A", other="B")
        assert result.errors is None
        counts.append([meter.spent for meter in made if meter.spent])
        made.clear()
    assert counts[0] == counts[1] == counts[2]
    assert way is Way.PLANNED


def test_a_payload_that_costs_too_much_is_refused_and_tells_what_was_done(shop: Client) -> None:
    """The way it is told does not depend on a plan."""
    schema, ctx = Schema(Rules(Limits(cost=9))), context(shop.principal, shop.database)
    factories.customer(shop.database, shop.principal, id="long", name="Long", meta={"a": ["x" * 400] * 20})
    query = """mutation ($id: String!) {
      a: updateCustomer(input: {id: "c", name: "A"}) { customer { name } }
      b: updateCustomer(input: {id: $id, name: "B"}) { customer { name metadata } }
    }"""
    assert ways(schema, ctx, query, id="c") == [Way.FIRST, Way.FIRST, Way.PLANNED]
    result, way = asked(schema, ctx, query, id="long")
    usual, _ = asked(Schema(schema.rules), ctx, query, id="long")
    for told in (result, usual):
        (error,) = told.errors
        assert error.extensions["done"] == {"a": {"customer": "c"}, "b": {"customer": "long"}}
        assert error.path == ["b"]
    assert result.errors[0].extensions == usual.errors[0].extensions
    assert way is Way.FAILED


# ---------------------------------------------------------------- streams


async def results_of(schema: Schema, ctx: Context, query: str, most: int, **variables: Any) -> list[Any]:
    """The first results of an operation over a connection."""
    stream: Any = await schema.stream(
        query=query, variable_values=variables, context_value=ctx, operation_name=None, root_value=None
    )
    results: list[Any] = []
    async for result in stream:
        results.append(replace(result, data=orjson.loads(orjson.dumps(result.data))))
        if len(results) == most:
            break
    await stream.aclose()
    return results


def counting(shop: Client) -> tuple[Context, list[Way]]:
    """A context, and the ways of all that is executed in it."""
    counted: list[Way] = []
    return replace(context(shop.principal, shop.database), count_execution=counted.append), counted


def test_queries_and_changes_over_a_connection_have_plans_too(shop: Client) -> None:
    schema = Schema(Rules())
    ctx, counted = counting(shop)
    query = '{ invoice(id: "v") { number } }'
    for _ in range(3):
        (read,) = asyncio.run(results_of(schema, ctx, query, 2))
        (changed,) = asyncio.run(results_of(schema, ctx, RENAME, 2, name="A", other="B"))
        assert read.data["invoice"]["number"]
        assert changed.data["b"]["customer"]["name"] == "B"
    assert counted[0::2] == [Way.FIRST, Way.FIRST, Way.PLANNED]
    assert counted[1::2] == [Way.FIRST, Way.FIRST, Way.PLANNED]


def test_events_are_read_by_one_plan_whoever_follows(shop: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many clients follow with the same document: it is compiled for the first of them."""
    schema = Schema(Rules())
    ctx, counted = counting(shop)
    written: list[CompiledOperation] = []
    write = CompiledOperation._write

    def note(self: CompiledOperation, *args: Any) -> Any:
        written.append(self)
        return write(self, *args)

    async def events(*_: object) -> AsyncIterator[Any]:
        for each in [row] * 3:
            yield each

    row = asyncio.run(invoices.invoice(ctx, "v"))
    monkeypatch.setattr(CompiledOperation, "_write", note)
    monkeypatch.setattr(invoices, "invoice_updated", events)
    told = [asyncio.run(results_of(schema, ctx, FOLLOW, 3)) for _ in range(3)]
    assert all(result.errors is None and result.data == told[0][0].data for each in told for result in each)
    assert told[0][0].data["invoiceUpdated"]["customer"] == {"name": "Ann"}
    assert counted == [Way.FIRST, *[Way.PLANNED] * 8]
    assert len(written) == 1


def test_who_follows_for_long_keeps_the_plan(shop: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the document came so long ago that it is forgotten."""
    schema = Schema(Rules())
    ctx, counted = counting(shop)

    async def events(*_: object) -> AsyncIterator[Any]:
        for number in range(5):
            if number == 3:
                schema._plans._documents._kept.clear()
            yield row

    row = asyncio.run(invoices.invoice(ctx, "v"))
    monkeypatch.setattr(invoices, "invoice_updated", events)
    results = asyncio.run(results_of(schema, ctx, FOLLOW, 5))
    assert [result.errors for result in results] == [None] * 5
    assert counted == [Way.FIRST, *[Way.PLANNED] * 4]


def test_a_subscription_that_fails_tells_it_and_counts_it(shop: Client) -> None:
    schema = Schema(Rules())
    ctx, counted = counting(shop)
    for _ in range(3):
        (result,) = asyncio.run(results_of(schema, ctx, FOLLOW.replace('"v"', '"nothing"'), 2))
        assert [error.extensions["code"] for error in result.errors] == ["NOT_FOUND"]
    assert counted == [Way.FIRST, Way.FIRST, Way.FAILED]


def test_what_has_no_plan_is_counted_as_such(shop: Client) -> None:
    schema = Schema(Rules())
    ctx = context(shop.principal, shop.database)
    introspection = "{ __schema { queryType { name } } }"
    assert ways(schema, ctx, introspection) == [Way.FIRST, Way.FIRST, Way.UNPLANNED]
    assert ways(schema, ctx, "{ nothing }")[-1] is Way.REFUSED
    assert ways(schema, ctx, '{ invoice(id: "nothing") { id } }') == [Way.FIRST, Way.FIRST, Way.FAILED]
    many = {"input": {"items": [NEW["items"][0]] * 600, "billing_name": "Ann"}}
    assert ways(schema, ctx, CREATE, **many)[-1] is Way.PLANNED
