"""A page whose list takes too long to count is there all the same; customers come with the page."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import Connection, text

from invoicing.access import Principal, Scope
from invoicing.errors import QueryTimeout
from invoicing.orders.lists import orders_page
from invoicing.storage.database import Database
from invoicing.storage.narrow import Columns
from invoicing.storage.pages import Filter, Page, Window
from invoicing.storage.tables import Customer, Order
from resolvers.pages import read_page, read_page_of_customers
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


SHOWN = {"Order": frozenset({"number", "customer_id"}), "Customer": frozenset({"name"})}


async def test_customers_come_with_the_page_that_shows_them(database: Database, principal: Principal) -> None:
    for place in range(3):
        factories.customer(database, principal, id=f"c{place}")
    for place in range(6):
        factories.order(database, principal, id=f"o{place}", customer_id=f"c{place % 3}")
    ctx = context(principal, database)
    ctx.loaders.narrow(SHOWN)
    page = await read_page_of_customers(ctx, orders_page, {}, Window(first=5), "Order")
    assert [order.id for order in page.rows] == ["o5", "o4", "o3", "o2", "o1"]

    async def read_again(_: object) -> dict[str, Customer]:
        raise AssertionError("They are known.")

    ctx.loaders.customer._read = read_again
    found = await ctx.loaders.customer.load_many(["c2", "c1", "c0"])
    assert [customer and customer.id for customer in found] == ["c2", "c1", "c0"]
    assert {customer.name for customer in found if customer}


@pytest.mark.parametrize(
    "shown",
    [
        None,
        {"Order": frozenset({"number", "customer_id"})},
        {"Order": frozenset({"number"}), "Customer": frozenset({"name"})},  # those of something else
    ],
)
async def test_customers_that_nobody_asks_for_are_not_read_with_a_page(
    database: Database, principal: Principal, shown: dict[str, Columns | None] | None
) -> None:
    factories.customer(database, principal, id="c")
    factories.order(database, principal, id="o", customer_id="c")
    ctx = context(principal, database)
    if shown is not None:
        ctx.loaders.narrow(shown)
    await read_page_of_customers(ctx, orders_page, {}, Window(first=5), "Order")
    assert not ctx.loaders.customer._found


async def test_who_may_not_see_customers_does_not_read_them(database: Database, principal: Principal) -> None:
    factories.customer(database, principal, id="c")
    factories.order(database, principal, id="o", customer_id="c")
    blind = replace(principal, scopes=principal.scopes - {Scope.CUSTOMERS_READ})
    ctx = context(blind, database)
    ctx.loaders.narrow(SHOWN)
    page = await read_page_of_customers(ctx, orders_page, {}, Window(first=5), "Order")
    assert [order.id for order in page.rows] == ["o"]
    assert not ctx.loaders.customer._found


async def test_a_page_whose_customers_take_too_long_comes_without_them(
    database: Database, hurried: Database, principal: Principal
) -> None:
    factories.customer(database, principal, id="c")
    factories.order(database, principal, id="o", customer_id="c")
    make_endless(database, "customers")
    ctx = context(principal, hurried)
    ctx.loaders.narrow(SHOWN)
    page = await read_page_of_customers(ctx, orders_page, {}, Window(first=5, is_counted=True), "Order")
    assert ([order.id for order in page.rows], page.total) == (["o"], 1)
    assert not ctx.loaders.customer._found
