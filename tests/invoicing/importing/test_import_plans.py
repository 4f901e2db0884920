"""SQLite's query plans for an import: they never scan all items of the account."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Select

from invoicing.importing import billing, returns
from invoicing.storage.database import Database
from tests.conftest import FreshUrl

IDS = {"account": "a", "ids": ["1", "2"]}
BY_ORDER = "order_items USING INDEX order_items_of_order (account_id=? AND order_id=?)"


@pytest.mark.parametrize(
    ("statement", "parameters"),
    [
        (billing._ITEMS, IDS),
        (billing._CONTRAS, {**IDS, "numbers": ["C9"]}),
        (returns._ITEMS, IDS),
        (returns._BOUGHT, {"account": "a", "handles": ["ann", "bob"], "skus": ["M1", "L1"]}),
    ],
    ids=["to invoice", "to credit", "to take back", "what was bought"],
)
def test_items_are_found_by_their_orders(
    fresh_sqlite: FreshUrl, statement: Select[Any], parameters: dict[str, Any]
) -> None:
    with fresh_sqlite() as url:
        database = Database(url)
        plan = database.read(
            lambda connection: connection.exec_driver_sql(
                "EXPLAIN QUERY PLAN "
                + str(
                    statement.params(**parameters).compile(connection, compile_kwargs={"literal_binds": True})
                )
            ).all()
        )
        database.close()
    steps = [step.detail for step in plan if "order_items" in step.detail]
    assert len(steps) == 1
    assert BY_ORDER in steps[0]
