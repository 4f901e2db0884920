"""Nothing of a request is left to the garbage collector, for which the event loop would wait."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from invoicing.storage.database import Database
from tests.support import factories
from tests.support.client import CREATE_ORDER, Client, client

ITEMS = 30
ORDER = "query ($id: String!) { order(id: $id) { items { id total vat { amount } contra_of { id } } } }"
LIST = "{ orders { nodes { id status items { id } actions { action } blocked { id } customer { id } } } }"
LONG = "{" + "account { id } " * 4_000 + "}"
WRONG = "{" + "account { id } " * 500
OURS = ("invoicing.", "resolvers.", "schema.inputs.", "schema.types.", "graphql.language.ast.")


@pytest.fixture
def shop(fresh_sqlite: Any, tmp_path: Path) -> Iterator[Client]:
    with fresh_sqlite() as url:
        database = Database(url)
        shop = client(database, tmp_path)
        factories.customer(database, shop.principal, id="ann", handle="ann")
        items = [factories.item(id=f"i{n}") for n in range(ITEMS)]
        factories.order(database, shop.principal, id="o", customer_id="ann", items=items)
        yield shop
        database.close()


@contextmanager
def left() -> Iterator[Counter[str]]:
    """Counts, in the end, what only the garbage collector would free, by type."""
    found: Counter[str] = Counter()
    gc.collect()
    gc.disable()
    try:
        yield found
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        found.update(f"{type(each).__module__}.{type(each).__qualname__}" for each in gc.garbage)
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


REQUESTS: dict[str, Callable[[Client], object]] = {
    "a list": lambda shop: shop.ask(LIST),
    "an order": lambda shop: shop.ask(ORDER, id="o"),
    "a mutation": lambda shop: shop.ask(
        CREATE_ORDER, input={"billing_name": "Ann", "items": [factories.item()] * ITEMS}
    ),
    "a document with too many tokens": lambda shop: shop.post(LONG),
    "a document that is no GraphQL": lambda shop: shop.post(WRONG),
}


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS.keys())
def test_nothing_of_a_request_waits_for_the_garbage_collector(
    shop: Client, request_: Callable[[Client], object]
) -> None:
    request_(shop)  # what is kept is made now
    with left() as found:
        request_(shop)
    assert not {name: many for name, many in found.items() if name.startswith(OURS) and many > 10}
