"""The short cut of execution answers what graphql-core's own way answers, to the letter."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any

import orjson
import pytest
import strawberry
from graphql import GraphQLObjectType, get_named_type, is_required_argument
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionResult

from invoicing.storage.database import Database
from schema import schema_under
from schema.execution.documents import Rules
from schema.execution.inputs import make_inputs_of_values
from schema.execution.limits import Limits
from schema.execution.plain_fields import PlainFieldExecution, keep_plain_fields, plain_fields
from schema.mutations import Mutation
from schema.query import Query
from schema.subscription import Subscription
from schema.types.scalars import SCALARS
from tests.support import factories
from tests.support.client import INVOICE_ITEMS, Client, client
from tests.support.contexts import context
from tests.support.factories import item

USUAL = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    config=StrawberryConfig(auto_camel_case=False, scalar_map=SCALARS),
)
make_inputs_of_values(USUAL._schema, USUAL.config.name_converter)  # of the same classes as the other's
SCHEMA = schema_under(Rules())
FREE = schema_under(Rules(Limits(depth=100, aliases=1_000, root_fields=100, cost=10**9)))

QUERIES = [
    "{ __typename }",
    "{ account { __typename id name vat_number address { __typename locality country_code } } }",
    "{ account { one: name two: name ...A } } fragment A on Account { name api_keys { scopes revoked_at } }",
    '{ order(id: "o") { id: number number: id status is_including_vat created_at delivery_date metadata } }',
    '{ order(id: "o") { items { id type quantity unit_price vat { rate category base } sku shipped_at } } }',
    '{ order(id: "o") { actions { action ids } blocked { action id reason message } } }',
    '{ order(id: "o") { customer { name handle } billing_name billing_address { locality } } }',
    '{ order(id: "nothing") { id } second: order(id: "o") { id } }',
    '{ invoice(id: "v") { number type state total issued_on due_on created_at pdf_url pdf_status handle } }',
    '{ invoice(id: "v") { lines { id vat { rate amount } supply } vat { base } created_by { id type } } }',
    '{ invoice(id: "nothing") { id } }',
    '{ invoice(id: "v") { orders { id customer { id } invoices { id } } customer { id metadata } } }',
    "{ invoices { nodes { id } edges { cursor node { number } } pageInfo { endCursor } totalCount } }",
    "{ orders(first: 0) { nodes { id } pageInfo { startCursor } } }",
    "{ orders(first: 101) { nodes { id } } }",
    "{ customers { nodes { id ... on Customer { name } ...C } } } fragment C on Customer { name handle }",
    "{ __schema { queryType { name } types { name kind fields { name } } } }",
    '{ __type(name: "Money") { name description specifiedByURL } }',
    "{ nothing }",
    "{ account { name { x } } }",
    "{ account }",
    '{ invoicePreview(input: {items: ["b"]}) { total lines { name order_item_id } orders { id } } }',
    '{ invoicePreview(input: {items: ["a"]}) { total } }',
    'mutation { updateOrder(input: {id: "o", number: "N"}) { order { number customer { name } } } }',
]
VARIABLE: list[tuple[str, dict[str, Any]]] = [
    ("query ($yes: Boolean!) { account { id @include(if: $yes) name @skip(if: $yes) } }", {"yes": True}),
    ("query ($yes: Boolean!) { account { id @include(if: $yes) name @skip(if: $yes) } }", {"yes": False}),
    ("query ($f: OrderFilter) { orders(filter: $f) { nodes { id } } }", {"f": {"status": "OPEN"}}),
    ("query ($f: OrderFilter) { orders(filter: $f) { nodes { id } } }", {"f": {"status": "SHUT"}}),
    ("query ($id: String!) { order(id: $id) { id } }", {}),
]


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    shop = client(database, tmp_path)
    factories.customer(database, shop.principal, id="c", name="Ann", meta={"a": [1, None]})
    given = [item(id="a", quantity=2.5, unit_price=0.175), item(id="b", vat_rate=6.625)]
    factories.order(database, shop.principal, id="o", number="1", customer_id="c", items=given)
    shop.ask(INVOICE_ITEMS, input={"items": ["a"], "invoice_id": "v"})
    return shop


def executed(shop: Client, by: strawberry.Schema, query: str, variables: dict[str, Any]) -> Any:
    ctx = context(shop.principal, shop.database)
    result = asyncio.run(by.execute(query, variable_values=variables, context_value=ctx))
    assert isinstance(result, ExecutionResult)
    return result.data, sorted((str(e.path), str(e.locations)) for e in result.errors or [])


def test_the_short_cut_answers_what_the_usual_way_answers(shop: Client) -> None:
    for query, variables in [*((query, dict[str, Any]()) for query in QUERIES), *VARIABLE]:
        short = executed(shop, SCHEMA, query, variables)
        usual = executed(shop, USUAL, query, variables)
        assert short == usual, query
        assert list(short[0] or {}) == list(usual[0] or {})


ROOTS = {
    'order(id: "o")': "Order",
    'order(id: "nothing")': "Order",
    'invoice(id: "v")': "Invoice",
    "orders": "OrderConnection",
    "invoices(first: 3)": "InvoiceConnection",
    "customers": "CustomerConnection",
    "account": "Account",
    'invoicePreview(input: {items: ["b"]})': "InvoicePreview",
}


def selection(dice: random.Random, type_name: str, depth: int) -> str:
    """Some of the type's fields, under other names, in fragments, behind directives, some of them twice."""
    kind = SCHEMA.graphql_schema.type_map[type_name]
    assert isinstance(kind, GraphQLObjectType)
    chosen = []
    names = [
        name for name, field in kind.fields.items() if not any(map(is_required_argument, field.args.values()))
    ]
    for name in dice.sample([*names, "__typename"], dice.randint(1, min(6, len(names)))):
        leaf = get_named_type(kind.fields[name].type) if name in kind.fields else None
        if isinstance(leaf, GraphQLObjectType) and depth == 0:
            continue
        inner = selection(dice, leaf.name, depth - 1) if isinstance(leaf, GraphQLObjectType) else ""
        alias = dice.choice(["", "", f"{dice.choice('xyz')}_{name}: "])
        directive = dice.choice(["", "", "", " @skip(if: true)", " @include(if: $yes)"])
        field = f"{alias}{name}{directive} {inner}"
        chosen.append(
            dice.choice([field, field, field, f"... on {type_name} {{ {field} }}", f"{field} {field}"])
        )
    return f"{{ {' '.join(chosen) or '__typename'} }}"


def test_any_selection_is_answered_alike(shop: Client) -> None:
    answered = 0
    for seed in range(60):
        dice = random.Random(seed)
        picked = [dice.choice(list(ROOTS)) for _ in range(dice.randint(1, 6))]
        fields = [f"r{n}: {root} {selection(dice, ROOTS[root], 4)}" for n, root in enumerate(picked)]
        query = f"query ($yes: Boolean!) {{ yes: __typename @include(if: $yes) {' '.join(fields)} }}"
        variables = {"yes": dice.random() < 0.8}
        short, usual = (executed(shop, by, query, variables) for by in (FREE, USUAL))
        assert orjson.dumps(unstable(short)) == orjson.dumps(unstable(usual)), query
        answered += short[0] is not None
    assert answered > 50


def unstable(answer: Any) -> Any:
    """The answer without what differs each time: the ids of a preview's lines, the signatures of links."""
    if isinstance(answer, dict):
        return {name: unstable(value) for name, value in answer.items()}
    if isinstance(answer, list | tuple):
        return [unstable(value) for value in answer]
    return "…" if isinstance(answer, str) and len(answer) == 36 else answer


def test_the_short_cut_is_taken() -> None:
    plain = plain_fields(SCHEMA.graphql_schema)
    assert {("Invoice", "total"), ("OrderItem", "unit_price"), ("OrderAction", "action")} <= plain.keys()
    resolved = {("Order", "status"), ("Invoice", "pdf_url"), ("Order", "subtotal"), ("Account", "api_keys")}
    assert not resolved & plain.keys()
    assert plain["InvoiceLine", "vat"].read is None  # an object, read as far as it is asked for


@strawberry.type
class Odd:
    """Values that the annotations do not allow."""

    number: int = strawberry.field(default=1)
    name: str = strawberry.field(default="a")
    ids: list[strawberry.ID] = strawberry.field(default_factory=list)


def odd(value: Odd) -> Any:
    @strawberry.type
    class Root:
        @strawberry.field
        def odd(self) -> Odd | None:
            return value

    usual = strawberry.Schema(query=Root)
    short = strawberry.Schema(query=Root, execution_context_class=PlainFieldExecution)
    keep_plain_fields(short._schema)
    outcomes = []
    for made in (usual, short):
        result = made.execute_sync("{ odd { number name ids } }")
        outcomes.append((result.data, [(error.message, error.path) for error in result.errors or []]))
    assert outcomes[0] == outcomes[1]
    return outcomes[0]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("value", "fails"),
    [
        (Odd(), False),
        (Odd(number=2**40), True),
        (Odd(number="x"), True),  # type: ignore[arg-type]
        (Odd(number=None), True),  # type: ignore[arg-type]
        (Odd(name=None), True),  # type: ignore[arg-type]
        (Odd(number=True), False),
        (Odd(name=3), False),  # type: ignore[arg-type]
        (Odd(ids=[strawberry.ID("a"), None]), True),  # type: ignore[list-item]
        (Odd(ids=None), True),  # type: ignore[arg-type]
    ],
)
def test_a_value_that_its_type_does_not_hold_fails_the_usual_way(value: Odd, fails: bool) -> None:
    data, errors = odd(value)
    assert bool(errors) is fails
    assert (data == {"odd": None}) is fails
