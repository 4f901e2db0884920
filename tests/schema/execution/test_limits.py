"""What a document asks for is weighed before any of it is done; too much is refused."""

from __future__ import annotations

import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import SelectionNode, SelectionSetNode, get_introspection_query, parse
from graphql.language import Visitor, visit
from hypothesis import given
from hypothesis import strategies as st

from invoicing.storage.database import Database
from schema import schema_under
from schema.execution.cost import CAP, SEARCH_COST, Weight, weigh_operation
from schema.execution.documents import MOST_SIZES, ParsedDocument, Rules
from schema.execution.limits import Limits, page_sizes
from schema.execution.outline import outline_of
from tests.support.client import CREATE_ORDER, Client, client
from tests.support.factories import item

GRAPH = schema_under(Rules()).graphql_schema


def weight(text: str, **variables: Any) -> Weight:
    outline = outline_of(parse(text))
    operation = next(iter(outline.operations.values()))
    return weigh_operation(GRAPH, outline, operation, page_sizes(outline, operation, variables))


def bomb(length: int, selected: str) -> str:
    """Each fragment spreads the next one several times."""
    bodies = [selected.replace("NEXT", f"...F{n + 1}") for n in range(length)]
    fragments = " ".join(f"fragment F{n} on Order {{ {body} }}" for n, body in enumerate(bodies))
    return f'{{ order(id: "x") {{ ...F0 }} }} {fragments} fragment F{length} on Order {{ id }}'


BOMBS = [bomb(40, "NEXT NEXT"), bomb(25, "a: customer { id } NEXT NEXT NEXT")]


# ---------------------------------------------------------------- weighing


def test_a_page_multiplies_what_it_holds() -> None:
    assert weight("{ invoices(first: 7) { nodes { customer { name } } } }").cost == 1 + 7 * 2
    assert weight("{ invoices(last: 7) { edges { node { id } } } }").cost == 1 + 7 * 2
    assert weight("{ invoices { nodes { id } } }").cost == 1 + 20
    assert weight("{ invoices(first: 7) { totalCount pageInfo { endCursor } } }").cost == 2


@pytest.mark.parametrize(
    ("asked", "searches"),
    [
        ('{ customers(search: "ann") { totalCount } }', 1),
        ("query ($x: String) { customers(search: $x) { totalCount } }", 1),
        ('{ orders(filter: {currency: EUR, search: "ann"}) { totalCount } }', 1),
        ("query ($x: OrderFilter) { orders(filter: $x) { totalCount } }", 1),
        ("{ orders(filter: {currency: EUR}) { totalCount } }", 0),
        ('{ a: customers(search: "ann") { totalCount } b: customers(search: "bob") { totalCount } }', 2),
    ],
)
def test_a_search_costs_as_much_as_many_objects(asked: str, searches: int) -> None:
    fields = asked.count("totalCount")
    assert weight(asked).cost == fields + searches * SEARCH_COST


def test_of_a_list_without_pages_no_more_than_one_is_sure() -> None:
    assert weight('{ invoice(id: "x") { lines { vat { rate } } } }').cost == 1 + 2
    assert weight("{ invoices(first: 3) { nodes { lines { name } } } }").cost == 1 + 3 * 2


def test_of_a_list_as_many_are_counted_as_are_asked_for() -> None:
    text = "query ($n: Int) { invoices(first: 3) { nodes { lines(first: $n) { vat { rate } } } } }"
    assert weight(text, n=7).cost == 1 + 3 * (1 + 7 * 2)
    assert weight(text).cost == 1 + 3 * (1 + 2)
    assert weight('{ order(id: "x") { items(first: 0) { id } payments(first: 4) { id } } }').cost == 1 + 4
    assert weight("{ invoices(first: 100) { nodes { lines(first: 1000) { id } } } }").cost > 50_000


def test_a_page_may_be_sized_by_a_variable() -> None:
    text = "query ($n: Int = 50) { invoices(first: $n) { nodes { id } } }"
    assert [weight(text, n=n).cost for n in (5, 5.0, 0, -5)] == [6, 6, 1, 1]
    assert weight(text).cost == 51
    assert weight(text, n=None).cost == 21
    assert weight(text, n=10**30).cost == CAP
    for nonsense in ("5", True, [5], {"n": 5}, float("inf"), float("nan"), 5.5):
        assert weight(text, n=nonsense).cost == 21  # it will be refused as no Int
    both = "query ($n: Int) { invoices(first: 3, last: $n) { nodes { id } } }"
    assert weight(both, n=9).cost == 10


def test_a_size_in_a_fragment_is_the_operations_own() -> None:
    text = "query A($n: Int = 50) { ...F } fragment F on Query { invoices(first: $n) { ...G } }"
    nodes = " fragment G on InvoiceConnection { nodes { id } }"
    assert weight(text + nodes).cost == 2 + 1 + 50
    assert weight(text + nodes, n=5).cost == 2 + 1 + 5


def test_a_number_that_python_would_not_read_is_large() -> None:
    assert weight(f"{{ invoices(first: {'9' * 9_000}) {{ nodes {{ id }} }} }}").cost == CAP
    text = f"query ($n: Int = {'9' * 9_000}) {{ invoices(first: $n) {{ nodes {{ id }} }} }}"
    assert weight(text).cost == CAP


def test_depth_and_aliases_and_root_fields_are_counted_through_fragments() -> None:
    text = """
        { one: account { ...A } ...R ... on Query { ... { four: account { id } } } }
        fragment R on Query { two: account { ...A } three: account { id } }
        fragment A on Account { a: address { b: locality } }
    """
    found = weight(text)
    assert (found.depth, found.aliases, found.fields) == (3, 4 + 2 * 2, 4)


def test_what_does_not_exist_weighs_something_too() -> None:
    for text in (
        "{ nothing { nothing { x } } }",
        "{ ...Nothing }",
        '{ order(id: "x") { ...F } } fragment F on Nothing { a { b } }',
        "subscription { a { b } }",
        "{ account(first: {}) { id } invoices(first: $n) { nodes { id } } }",
    ):
        assert weight(text).cost >= 1


def trees(levels: int) -> st.SearchStrategy[Any]:
    """A field, or fields that hold such trees."""
    leaf = st.just("id")
    return leaf | st.lists(trees(levels - 1), min_size=1, max_size=3) if levels else leaf


@given(trees(3))
def test_a_fragment_weighs_what_it_stands_for(tree: Any) -> None:
    def spelled(tree: Any) -> str:
        return "id" if tree == "id" else " ".join(f"invoices {{ orders {{ {spelled(t)} }} }}" for t in tree)

    def spread(tree: Any, fragments: list[str]) -> str:
        if tree == "id":
            return "id"
        inner = " ".join(f"invoices {{ orders {{ {spread(t, fragments)} }} }}" for t in tree)
        fragments.append(f"fragment F{len(fragments)} on Order {{ {inner} }}")
        return f"...F{len(fragments) - 1}"

    fragments: list[str] = []
    text = f'{{ order(id: "x") {{ {spread(tree, fragments)} }} }} {" ".join(fragments)}'
    plain = weight(f'{{ order(id: "x") {{ {spelled(tree)} }} }}')
    found = weight(text)
    assert (found.depth, found.aliases, found.fields) == (plain.depth, plain.aliases, plain.fields)
    assert found.cost >= plain.cost


# ---------------------------------------------------------------- in time


class Counted(tuple[SelectionNode, ...]):
    """Selections that count how often they are looked at."""

    looked = 0

    def __iter__(self) -> Iterator[SelectionNode]:
        for node in super().__iter__():
            Counted.looked += 1
            yield node


class Counting(Visitor):
    def leave_selection_set(self, node: SelectionSetNode, *_: object) -> SelectionSetNode:
        return SelectionSetNode(selections=Counted(node.selections))


@pytest.mark.parametrize("text", BOMBS)
def test_a_bomb_of_fragments_is_looked_at_twice_and_no_more(text: str) -> None:
    document = visit(parse(text), Counting())
    there = text.count("...") + text.count("{ id }") + text.count("a: ") + 1
    Counted.looked = 0
    outline = outline_of(document)
    found = weigh_operation(GRAPH, outline, next(iter(outline.operations.values())), {})
    assert found.cost == CAP
    assert Counted.looked == 2 * there


def test_a_bomb_is_refused_before_it_is_validated(monkeypatch: pytest.MonkeyPatch) -> None:
    def untouched(*_: object) -> None:
        raise AssertionError("It was validated.")

    monkeypatch.setattr("schema.execution.documents.validate", untouched)
    (error,) = ParsedDocument(GRAPH, Rules(), BOMBS[0]).errors(None, {})
    assert error.extensions == {"code": "QUERY_TOO_COMPLEX", "limit": "cost", "value": CAP, "most": 50_000}


@pytest.mark.parametrize(
    "text",
    [
        "{ account { ...A } } fragment A on Account { ...A }",
        "{ account { ...A } } fragment A on Account { ...B } fragment B on Account { id ...A }",
        "{ ...A } fragment A on Query { ...B ...B } fragment B on Query { a: account { id } ...A ...A }",
    ],
)
def test_a_fragment_that_spreads_itself_is_told_of(text: str) -> None:
    errors = ParsedDocument(GRAPH, Rules(), text).errors(None, {})
    assert errors
    assert all("within itself" in error.message for error in errors)


def test_a_long_chain_of_fragments_does_no_harm() -> None:
    chain = " ".join(f"fragment F{n} on Account {{ ...F{n + 1} }}" for n in range(1_200))
    assert weight(f"{{ account {{ ...F0 }} }} {chain} fragment F1200 on Account {{ id }}").depth == 2


def test_what_was_found_is_remembered_by_the_sizes_of_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    weighings = []

    def noting(*args: Any) -> Weight:
        weighings.append(args)
        return weigh_operation(*args)

    monkeypatch.setattr("schema.execution.limits.weigh_operation", noting)
    text = "query ($n: Int, $id: String!) { invoices(first: $n) { nodes { id } } order(id: $id) { id } }"
    parsed = ParsedDocument(GRAPH, Rules(), text)
    for n, id in ((5, "a"), (5, "b"), (6, "a"), (5, "c")):
        assert not parsed.errors(None, {"n": n, "id": id})
    assert len(weighings) == 2
    for n in range(3 * MOST_SIZES):
        parsed.errors(None, {"n": n})
    assert len(parsed._limit_errors) <= MOST_SIZES


# ---------------------------------------------------------------- refused


@pytest.fixture
def shop(fresh_sqlite: Any, tmp_path: Path) -> Iterator[Client]:
    with fresh_sqlite() as url:
        database = Database(url)
        yield client(database, tmp_path)
        database.close()


def nested(depth: int) -> str:
    further = depth - 3
    return f'{{ order(id: "x") {{ items {{ {"contra_of { " * further} id {"} " * further} }} }} }}'


def aliases(count: int) -> str:
    return f"{{ account {{ {' '.join(f'a{n}: id' for n in range(count))} }} }}"


def roots(count: int) -> str:
    return f"{{ {' account { id }' * count} }}"


@pytest.mark.parametrize(
    ("limit", "value", "most", "text"),
    [
        ("depth", 17, 16, nested(17)),
        ("aliases", 51, 50, aliases(51)),
        ("root_fields", 31, 30, roots(31)),
        ("cost", 51_001, 50_000, "{ invoices(first: 51000) { nodes { id } } }"),
        ("alias_length", 101, 100, f"{{ {'a' * 101}: account {{ id }} }}"),
    ],
)
def test_what_is_over_a_limit_is_told_with_its_value(
    shop: Client, limit: str, value: int, most: int, text: str
) -> None:
    (error,) = shop.post(text).json()["errors"]
    assert error["extensions"] == {
        "code": "QUERY_TOO_COMPLEX",
        "limit": limit,
        "value": value,
        "most": most,
    }
    assert f"{value:,}" in error["message"]
    assert f"{most:,} at most" in error["message"]
    strict = {"accept": "application/graphql-response+json"}
    assert shop.request("POST", json={"query": text}, headers=strict).status_code == 400


def test_what_keeps_to_the_limits_is_answered(shop: Client) -> None:
    for text in (aliases(50), roots(30), f"{{ {'a' * 100}: account {{ id }} }}"):
        assert shop.ask(text)
    assert shop.refused(nested(16)).code == "NOT_FOUND"


def test_a_refused_change_is_not_made(shop: Client) -> None:
    many = " ".join(f"c{n}: createOrder(input: $input) {{ order {{ id }} }}" for n in range(31))
    given = {"billing_name": "Ann", "items": [item()]}
    refusals = shop.errors(f"mutation ($input: CreateOrderInput!) {{ {many} }}", input=given)
    assert {refusal.code for refusal in refusals} == {"QUERY_TOO_COMPLEX"}
    assert shop.ask("{ orders { totalCount } }")["orders"]["totalCount"] == 0
    assert shop.ask(CREATE_ORDER, input=given)


def test_only_the_operation_that_is_asked_for_is_weighed(shop: Client) -> None:
    text = "query small { account { id } } query large { invoices(first: 60000) { nodes { id } } }"
    small, large = (
        shop.request("POST", json={"query": text, "operationName": name}).json()
        for name in ("small", "large")
    )
    assert small["data"]["account"]["id"]
    assert large["errors"][0]["extensions"]["code"] == "QUERY_TOO_COMPLEX"


def test_introspection_is_within_the_limits_and_not_many_times(shop: Client) -> None:
    asked = get_introspection_query(
        specified_by_url=True, schema_description=True, input_value_deprecation=True
    )
    assert shop.ask(asked)["__schema"]
    inner = asked[asked.index("__schema") : asked.index("fragment")].rstrip().removesuffix("}")
    several = asked.replace(inner, " ".join(f"{letter}: {inner}" for letter in string.ascii_lowercase))
    assert shop.refused(several).code == "QUERY_TOO_COMPLEX"


def test_without_introspection_the_schema_is_not_told() -> None:
    hidden, told = schema_under(Rules(introspection=False)), schema_under(Rules())
    for text in ("{ __schema { queryType { name } } }", '{ __type(name: "Order") { name } }'):
        assert ParsedDocument(hidden.graphql_schema, hidden.rules, text).errors(None, {})
        assert not ParsedDocument(told.graphql_schema, told.rules, text).errors(None, {})
    assert not ParsedDocument(hidden.graphql_schema, hidden.rules, "{ __typename }").errors(None, {})
    assert schema_under(Rules(Limits(cost=5))) is schema_under(Rules(Limits(cost=5)))
