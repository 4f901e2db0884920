"""`node` and `nodes` find what the fields of each type find, for the same callers, in a statement a type."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLInterfaceType
from hypothesis import given
from hypothesis import strategies as st

from invoicing.access import Scope
from invoicing.storage.database import Database
from schema import nodes, schema_under
from schema.execution.documents import Rules
from schema.types.node import node_id, type_and_id
from tests.schema.execution.test_query_counts import counted
from tests.support import factories
from tests.support.client import Client, client

NODES = """query ($ids: [ID!]!) { nodes(ids: $ids) {
  __typename node_id
  ... on Account { id } ... on Customer { id name } ... on Order { id total } ... on Invoice { id total }
} }"""
NODE = "query ($id: ID!) { node(id: $id) { __typename ... on Invoice { total lines { name } } } }"
FIELDS = """query ($id: String!) {
  account { node_id } customer(id: $id) { node_id } order(id: $id) { node_id } invoice(id: $id) { node_id }
}"""


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    """A customer, an order and an invoice of the same id `same`; and another customer's with `other`."""
    shop = client(database, tmp_path)
    for price, id in enumerate(("same", "other"), 1):
        factories.customer(database, shop.principal, id=id)
        items = [factories.item(unit_price=price * 1_000)]
        factories.order(database, shop.principal, id=id, customer_id=id, items=items)
        lines = [factories.order_line(amount=price * 5)]
        factories.one_time_invoice(database, shop.principal, *lines, customer_id=id, handle=id)
    return shop


def ids_of(shop: Client, id: str = "same") -> list[str]:
    found: Mapping[str, Any] = shop.ask(FIELDS, id=id)
    return [each["node_id"] for each in found.values()]


def session_of(shop: Client, customer: str) -> Client:
    create = f'mutation {{ createCustomerSession(input: {{customer_id: "{customer}"}}) {{ token }} }}'
    return replace(shop, token=shop.ask(create)["createCustomerSession"]["token"])


def found_by(caller: Client, ids: list[str]) -> list[str | None]:
    return [node and node["__typename"] for node in caller.ask(NODES, ids=ids)["nodes"]]


def test_things_of_the_same_id_have_ids_of_their_own(shop: Client) -> None:
    ids = ids_of(shop)
    assert len(set(ids)) == 4
    found = shop.ask(NODES, ids=ids)["nodes"]
    assert [node["node_id"] for node in found] == ids
    assert found[1:] == [
        {"__typename": "Customer", "node_id": ids[1], "id": "same", "name": "Ann Baker"},
        {"__typename": "Order", "node_id": ids[2], "id": "same", "total": 1_000},
        {"__typename": "Invoice", "node_id": ids[3], "id": "same", "total": found[3]["total"]},
    ]
    assert found[3]["total"] != 1_000
    (one,) = shop.ask(NODE, id=ids[3]).values()
    assert one == {"__typename": "Invoice", "total": found[3]["total"], "lines": [{"name": "Advice"}]}


def test_an_id_is_that_of_relays_own_functions() -> None:
    assert base64.b64decode(node_id("Order", "order-1")) == b"Order:order-1"
    assert type_and_id(node_id("Order", "a:b")) == ("Order", "a:b")


def test_every_node_is_found() -> None:
    graph = schema_under(Rules()).graphql_schema
    node = graph.type_map["Node"]
    assert isinstance(node, GraphQLInterfaceType)
    assert {kind.name for kind in graph.get_possible_types(node)} == nodes.LOOK_UPS.keys()


@given(st.text() | st.binary().map(lambda text: base64.b64encode(text).decode()))
def test_any_text_is_an_id_or_is_none(text: str) -> None:
    read = type_and_id(text)
    assert read is None or type_and_id(node_id(*read)) == read


def test_what_is_no_id_finds_nothing(shop: Client) -> None:
    wrong = ["", "same", "Order:same", node_id("Order", "none"), node_id("Payment", "same"), "T3JkZXI6AA=="]
    assert found_by(shop, [*wrong, node_id("Order", "same")]) == [None] * len(wrong) + ["Order"]
    assert shop.ask(NODE, id="nothing") == {"node": None}


def test_another_accounts_are_not_found(shop: Client) -> None:
    neighbour = shop.neighbour()
    assert found_by(neighbour, ids_of(shop)) == [None] * 4
    assert all(neighbour.ask(NODE, id=id) == {"node": None} for id in ids_of(shop))


def test_a_session_finds_what_is_its_customers(shop: Client) -> None:
    ann = session_of(shop, "same")
    mine, others = ids_of(shop)[1:], ids_of(shop, "other")[1:]
    assert found_by(ann, [*mine, *others]) == ["Customer", "Order", "Invoice", None, None, None]
    assert ann.refused(NODES, ids=ids_of(shop)[:1]).code == "FORBIDDEN"


def test_each_type_needs_the_scope_of_its_own_field(shop: Client) -> None:
    scopes = (Scope.ACCOUNT_READ, Scope.CUSTOMERS_READ, Scope.ORDERS_READ, Scope.INVOICES_READ)
    for id, scope in zip(ids_of(shop), scopes, strict=True):
        without = shop.limited_to(*(each for each in Scope if each is not scope))
        assert without.refused(NODE, id=id).ids == [scope]
        assert shop.limited_to(scope).ask(NODE, id=id)["node"]


def test_it_is_a_statement_for_each_type(shop: Client) -> None:
    ids = ids_of(shop) + ids_of(shop, "other")[1:]
    with counted() as statements:
        assert None not in found_by(shop, ids)
    assert len([each for each in statements if "FROM api_keys" not in each]) == 4
    several = " ".join(f'n{place}: node(id: "{id}") {{ node_id }}' for place, id in enumerate(ids[2:]))
    with counted() as statements:
        shop.ask(f"{{ {several} }}")
    assert len([each for each in statements if "FROM api_keys" not in each]) == 3


def test_they_are_counted(database: Database, tmp_path: Path) -> None:
    shop = client(database, tmp_path, max_cost=60)
    for place in range(60):
        factories.customer(database, shop.principal, id=f"c{place}")
    ids: list[str] = [node_id("Customer", f"c{place}") for place in range(60)]
    assert len(found_by(shop, ids[:20])) == 20
    assert shop.refused(NODES, ids=ids).code == "QUERY_TOO_COMPLEX"
    refused = shop.refused(NODES, ids=ids * 2)
    assert (refused.code, refused.field) == ("VALIDATION_ERROR", "ids")
