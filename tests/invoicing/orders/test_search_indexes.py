"""A search of orders on SQLite asks two indexes: of the orders' own texts, and of their customers' names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import Connection, event

from invoicing.access import Principal
from invoicing.orders import lists
from invoicing.orders.lists import FEW
from invoicing.storage.database import Database
from invoicing.storage.pages import Window
from invoicing.storage.tables import customers
from tests.invoicing.storage.test_search import ROWS, fill, fill_orders_of_customers
from tests.support import factories

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

MANY = FEW + 50  # customers, whose ids are not all looked up before


def asked_of_indexes(connection: Connection, principal: Principal, words: str) -> Sequence[str]:
    """What the list's statement looks for in the indexes, in its order."""
    statements: list[Sequence[Any]] = []

    @event.listens_for(connection, "before_cursor_execute")
    def note(_: Any, __: Any, ___: str, values: Sequence[Any], *____: Any) -> None:
        statements.append(values)

    page = lists.orders_page(connection, principal, {"search": words}, Window(first=1))
    assert [row.id for row in page.rows] == [f"c{MANY - 1:06}"]
    return [value for value in statements[-1] if str(value).startswith("search_text : ")]


def test_each_index_is_asked_for_the_trigrams_that_are_rare_in_it(
    database: Database, principal: Principal
) -> None:
    """Of `quirk gmbh` nearly all customers have `gmb`, and nearly all orders have `qui`."""
    factories.customer(database, principal, id="zoe", name="Zoe")
    fill(database, customers, ["quirk gmbh" if place < MANY else "ann gmbh" for place in range(ROWS)])
    fill_orders_of_customers(database, principal, "quirk")
    of_orders, of_customers = database.read(asked_of_indexes, principal, "quirk gmbh")
    assert ("gmb" in of_orders, "qui" in of_orders) == (True, False)
    assert ("gmb" in of_customers, "qui" in of_customers) == (False, True)
