"""A page whose list takes too long to count is there all the same."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, text

from invoicing.access import Principal
from invoicing.errors import QueryTimeout
from invoicing.orders.lists import orders_page
from invoicing.storage.database import Database
from invoicing.storage.narrow import Columns
from invoicing.storage.pages import Filter, Page, Window
from invoicing.storage.tables import Order
from resolvers.pages import read_page
from tests.support import factories
from tests.support.contexts import context
from tests.support.endless import ENDLESS, make_endless

pytestmark = pytest.mark.anyio


def counted_for_long(
    connection: Connection, principal: Principal, given: Filter, window: Window, columns: Columns | None
) -> Page[Order]:
    if window.is_counted:
        connection.execute(text(f"SELECT {ENDLESS}"))
    return orders_page(connection, principal, given, window, columns)


async def test_what_takes_too_long_to_count_is_read_without_its_count(
    database: Database, hurried: Database, principal: Principal
) -> None:
    factories.order(database, principal, id="o")
    ctx = context(principal, hurried)
    page = await read_page(ctx, counted_for_long, {}, Window(first=5, is_counted=True), "Order")
    assert ([order.id for order in page.rows], page.total) == (["o"], None)
    counted = await read_page(ctx, orders_page, {}, Window(first=5, is_counted=True), "Order")
    assert ([order.id for order in counted.rows], counted.total) == (["o"], 1)


@pytest.mark.parametrize("is_counted", [False, True])
async def test_a_page_that_takes_too_long_is_refused(
    database: Database, hurried: Database, principal: Principal, is_counted: bool
) -> None:
    factories.order(database, principal, id="o")
    make_endless(database, "orders")
    ctx = context(principal, hurried)
    with pytest.raises(QueryTimeout):
        await read_page(ctx, orders_page, {}, Window(first=5, is_counted=is_counted), "Order")
