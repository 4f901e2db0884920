"""Lists of what is open look at what is open, however much there is that is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, event

from invoicing.access import Principal
from invoicing.invoices import lists as invoice_lists
from invoicing.orders import lists as order_lists
from invoicing.storage import migrations
from invoicing.storage.database import Database
from invoicing.storage.pages import Window
from tests.support import factories

PAGE = Window(first=10)
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # PostgreSQL counts its rows


def plan(database: Database, read: Callable[[Connection], Any]) -> list[str]:
    """How SQLite finds what the last statement of `read` asks for."""

    def explained(connection: Connection) -> list[str]:
        statements: list[tuple[str, Any]] = []

        @event.listens_for(connection, "before_cursor_execute")
        def note(_: Any, __: Any, text: str, values: Any, *___: Any) -> None:
            statements.append((text, values))

        read(connection)
        text, values = statements[-1]
        return [step for *_, step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)]

    return database.read(explained)


@pytest.fixture
def database(database: Database) -> Database:
    """With what SQLite is told of its tables when a server starts."""
    migrations.upgrade(database)
    return database


@pytest.mark.parametrize("state", ["PENDING", "FAILED", "CANCELLED"])
@pytest.mark.parametrize("look", [invoice_lists.invoices_page, invoice_lists.invoices_count])
def test_invoices_in_a_state_are_found_by_it(
    database: Database, principal: Principal, state: str, look: Callable[..., Any]
) -> None:
    factories.invoice(database, principal)
    window = {"window": PAGE} if look is invoice_lists.invoices_page else {}
    steps = plan(database, lambda connection: look(connection, principal, {"state": state}, **window))
    assert any("invoices_not_settled (account_id=? AND state=?)" in step for step in steps), steps
    assert not any("B-TREE" in step for step in steps), steps  # they are in the list's order there


@pytest.mark.parametrize("look", [order_lists.orders_page, order_lists.orders_count])
def test_orders_to_invoice_are_found_by_their_items(
    database: Database, principal: Principal, look: Callable[..., Any]
) -> None:
    factories.order(database, principal)
    window = {"window": PAGE} if look is order_lists.orders_page else {}
    steps = plan(database, lambda connection: look(connection, principal, {"invoiceable": True}, **window))
    assert any("USING INDEX order_items_to_invoice" in step for step in steps), steps
    assert any("SEARCH orders" in step and "(account_id=? AND id=?)" in step for step in steps), steps


def test_a_search_reads_the_newest_texts_and_no_invoices(database: Database, principal: Principal) -> None:
    factories.invoice(database, principal)
    found = {"search": "ann"}
    steps: list[str] = []

    def read(connection: Connection) -> None:
        driver: Any = connection.connection.dbapi_connection
        texts: list[str] = []
        driver.set_trace_callback(texts.append)
        invoice_lists.invoices_count(connection, principal, found)
        driver.set_trace_callback(None)
        (sample,) = [text for text in texts if "LIMIT 1000" in text]
        steps.extend(step for *_, step in driver.execute(f"EXPLAIN QUERY PLAN {sample}"))

    database.read(read)
    assert any("USING COVERING INDEX invoices_found_newest" in step for step in steps), steps
