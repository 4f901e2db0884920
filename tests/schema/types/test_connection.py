"""Lists are pages that can be walked in both directions."""

from __future__ import annotations

from pathlib import Path

import pytest

from invoicing.storage.database import Database
from tests.support import factories
from tests.support.client import Client, client


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    return client(database, tmp_path)


@pytest.mark.parametrize("name", ["customers", "orders", "invoices"])
def test_a_list_is_walked_in_both_directions(shop: Client, database: Database, name: str) -> None:
    for place in range(5):
        buyer = factories.customer(database, shop.principal, id=f"c{place}")
        factories.invoice(
            database, shop.principal, id=f"o{place}", customer_id=buyer.id, invoice_id=f"v{place}"
        )
    page = "{ totalCount nodes { id } edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }"  # noqa: E501
    expected = [f"{name[0] if name != 'invoices' else 'v'}{place}" for place in reversed(range(5))]
    for size, cursor, end, more in (
        ("first", "after", "endCursor", "hasNextPage"),
        ("last", "before", "startCursor", "hasPreviousPage"),
    ):
        walked: list[str] = []
        argument = ""
        while True:
            found = shop.ask(f"{{ {name}({size}: 2{argument}) {page} }}")[name]
            ids = [node["id"] for node in found["nodes"]]
            assert [edge["node"]["id"] for edge in found["edges"]] == ids
            assert found["totalCount"] == 5
            cursors = [edge["cursor"] for edge in found["edges"]]
            assert (found["pageInfo"]["startCursor"], found["pageInfo"]["endCursor"]) == (
                cursors[0],
                cursors[-1],
            )
            walked = walked + ids if size == "first" else ids + walked
            if not found["pageInfo"][more]:
                break
            argument = f', {cursor}: "{found["pageInfo"][end]}"'
        assert walked == expected


@pytest.mark.parametrize("name", ["customers", "orders", "invoices"])
def test_a_whole_list_is_counted_whatever_is_on_the_page(shop: Client, database: Database, name: str) -> None:
    other = factories.principal(database)
    factories.invoice(
        database, other, customer_id=factories.customer(database, other, id="theirs").id, invoice_id="x"
    )
    assert shop.ask(f"{{ {name} {{ totalCount nodes {{ id }} }} }}")[name] == {"totalCount": 0, "nodes": []}
    for place in range(3):
        buyer = factories.customer(database, shop.principal, id=f"c{place}")
        factories.invoice(
            database, shop.principal, id=f"o{place}", customer_id=buyer.id, invoice_id=f"v{place}"
        )
    last = shop.ask(f"{{ {name} {{ pageInfo {{ endCursor }} }} }}")[name]["pageInfo"]["endCursor"]
    for arguments, found in (("first: 1", 1), ("first: 0", 0), (f'after: "{last}"', 0), ("last: 2", 2)):
        page = shop.ask(f"{{ {name}({arguments}) {{ totalCount again: totalCount nodes {{ id }} }} }}")[name]
        assert (page["totalCount"], page["again"], len(page["nodes"])) == (3, 3, found)
    both = shop.ask(f"{{ a: {name}(first: 1) {{ totalCount }} b: {name}(first: 2) {{ nodes {{ id }} }} }}")
    assert (both["a"]["totalCount"], len(both["b"]["nodes"])) == (3, 2)


def test_what_is_filtered_is_counted_by_itself(shop: Client, database: Database) -> None:
    for place in range(3):
        factories.order(database, shop.principal, id=f"o{place}", number=f"N-{place}", billing_name="Ann")
    asked = "{ totalCount nodes { id } }"
    found = shop.ask(f'{{ one: orders(filter: {{number: "N-1"}}) {asked} all: orders(first: 1) {asked} }}')
    assert found["one"] == {"totalCount": 1, "nodes": [{"id": "o1"}]}
    assert (found["all"]["totalCount"], len(found["all"]["nodes"])) == (3, 1)
