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
