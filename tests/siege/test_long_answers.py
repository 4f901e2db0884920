"""Answers of many thousand lines: refused before they are made, and others are answered meanwhile."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from graphql import GraphQLObjectType, get_named_type

from invoicing.storage.database import Database
from schema import schema_under
from schema.execution.documents import Rules
from tests.support import factories
from tests.support.client import Client, client
from tests.support.factories import item, order_line
from tests.support.live_server import running_server
from tests.support.patience import PATIENCE

INVOICES, LINES = 6, 1_000
MOST_MEMORY = 400  # MB more than before
ALL = "lines { id name quantity unit_price total vat { rate category base amount } }"
PAGE = f"invoices(first: 100) {{ nodes {{ id {ALL} }} }}"
ONE = 'invoice(id: "v")'


def aliases(count: int, selected: str) -> str:
    return f"{{ {' '.join(f'a{n}: {selected}' for n in range(count))} }}"


QUESTIONS = {
    "pages": aliases(20, PAGE),
    "one page of four": aliases(4, PAGE),
    "one invoice": aliases(30, f"{ONE} {{ {ALL} }}"),
    "one list": f"{{ {ONE} {aliases(50, ALL)} }}",
    "fragments": f"""{{ {ONE} {{ ...A ...B ...C }} }}
        fragment A on Invoice {aliases(15, ALL)}
        fragment B on Invoice {{ ...D {" ".join(f"b{n}: {ALL}" for n in range(15))} }}
        fragment C on Invoice {{ ...D {" ".join(f"c{n}: {ALL}" for n in range(10))} }}
        fragment D on Invoice {{ orders {{ invoices {{ ...A }} }} }}""",
    "the same again and again": f"{{ {ONE} {{ {ALL} customer {{ id }} {ALL} credited_by {{ id }} }} "
    + " ".join(f"a{n}: {PAGE}" for n in range(12))
    + " }",
}


@pytest.fixture(scope="module")
def shop(fresh_sqlite: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with fresh_sqlite() as url:
        database = Database(url)
        yield client(database, tmp_path_factory.mktemp("data"))
        database.close()


@pytest.fixture(scope="module")
def address(shop: Client) -> Iterator[str]:
    """A server with invoices of a thousand lines."""
    lines = [order_line(text=f"Line {n}", amount=100 + n) for n in range(LINES)]
    for n in range(INVOICES):
        factories.one_time_invoice(shop.database, shop.principal, *lines, handle="v" if n == 0 else f"v{n}")
    with running_server(shop.app) as address:
        yield address


@pytest.mark.parametrize("question", QUESTIONS)
def test_what_asks_for_too_many_lines_is_refused_while_others_are_answered(
    shop: Client, address: str, question: str
) -> None:
    headers = {"authorization": f"Bearer {shop.token}"}
    sent = {"query": QUESTIONS[question]}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with (
        httpx.Client(base_url=address, headers=headers, timeout=PATIENCE) as http,
        ThreadPoolExecutor(1) as another,
    ):
        asked = another.submit(http.post, "/graphql", json=sent)
        answered = 0
        while not asked.done():
            assert http.get("/healthz").status_code == 200
            answered += 1
        answer = asked.result().json()
    assert answered
    assert "data" not in answer
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "QUERY_TOO_COMPLEX"
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < MOST_MEMORY * 1_024


def all_of(type_name: str, *lists: str) -> str:
    """All fields of a type without arguments: its values, and of its objects theirs."""
    kind = schema_under(Rules()).graphql_schema.type_map[type_name]
    assert isinstance(kind, GraphQLObjectType)
    fields = []
    for name, field in kind.fields.items():
        inner = get_named_type(field.type)
        if not isinstance(inner, GraphQLObjectType):
            fields.append(name)
        elif name in lists or inner.name in ("VatAmount", "Period", "Address", "Party", "Actor"):
            fields.append(f"{name} {all_of(inner.name)}")
    return f"{{ {' '.join(fields)} }}"


def test_the_longest_invoice_and_its_order_are_answered_whole(shop: Client) -> None:
    given = [item(id=f"i{n}", sku=f"SKU-{n}", name=f"Mug number {n}", vat_rate=21) for n in range(5_000)]
    factories.invoice(shop.database, shop.principal, id="o", invoice_id="longest", items=given)
    invoice = shop.ask(f'{{ invoice(id: "longest") {all_of("Invoice", "lines")} }}')["invoice"]
    assert [line["sku"] for line in invoice["lines"]] == [each["sku"] for each in given]
    order = shop.ask(f'{{ order(id: "o") {all_of("Order", "items")} }}')["order"]
    assert [each["id"] for each in order["items"]] == [each["id"] for each in given]
    actions = shop.ask('{ order(id: "o") { actions { ids } blocked { id reason message } } }')["order"]
    assert len(actions["blocked"]) + sum(len(each["ids"]) for each in actions["actions"]) >= 5_000
