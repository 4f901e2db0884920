"""How databases plan an import: they never read all items of the account."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import Connection, Select

from invoicing.importing import billing, returns, run
from invoicing.storage import postgresql_statistics
from invoicing.storage.database import Database
from tests.conftest import FreshUrl
from tests.support.import_files import HEADER, ImportFile

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


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_postgresql_looks_at_its_tables_after_each_batch(
    import_file: ImportFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []
    really = postgresql_statistics.collect

    def collect(connection: Connection) -> Sequence[str]:
        looks.append(connection.exec_driver_sql("SELECT count(*) FROM orders").scalar_one())
        return really(connection)

    monkeypatch.setattr(postgresql_statistics, "collect", collect)
    monkeypatch.setattr(run, "MAX_ORDERS", 2)
    lines = [f"{number},Mug,1,12.10,Ann" for number in range(5)]
    import_file("\n".join([f"{HEADER},customer_name", *lines]))
    assert looks == [2, 4, 5]
