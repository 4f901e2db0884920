"""Pages of lists, with what else is asked for of them: the number of what is in the list, and whose it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from invoicing.access import Principal, Scope
from invoicing.customers.details import customers_by_id
from invoicing.errors import QueryTimeout
from invoicing.storage.narrow import Columns
from invoicing.storage.pages import Filter, Page, Window
from invoicing.storage.tables import Customer
from resolvers.context import Context

T = TypeVar("T")
Read = Callable[[Connection, Principal, Filter, Window, Columns | None], Page[T]]


class OfCustomer(Protocol):
    @property
    def customer_id(self) -> str | None: ...


C = TypeVar("C", bound=OfCustomer)
WithCustomers = tuple[Page[C], Mapping[str, Customer | None]]


async def read_page(ctx: Context, read: Read[T], filter: Filter, window: Window, shown_as: str) -> Page[T]:
    columns = ctx.loaders.columns_of(shown_as)
    return await _read(ctx, partial(_page, read, filter, columns), window)


async def read_page_of_customers(
    ctx: Context, read: Read[C], filter: Filter, window: Window, shown_as: str
) -> Page[C]:
    """Of what belongs to customers, who are read with it where they are shown: not handed over once more."""
    if not ctx.loaders.are_shown("Customer") or Scope.CUSTOMERS_READ not in ctx.principal.scopes:
        return await read_page(ctx, read, filter, window, shown_as)
    columns, of_customers = ctx.loaders.columns_of(shown_as), ctx.loaders.columns_of("Customer")
    page, customers = await _read(ctx, partial(_with_customers, read, filter, columns, of_customers), window)
    ctx.loaders.customer.prime(customers)
    return page


async def _read(ctx: Context, read: Callable[[Connection, Principal, Window], T], window: Window) -> T:
    """Where it takes too long to count the list as well, the page alone: the count is told of by itself."""
    try:
        return await ctx.read_list(read, ctx.principal, window)
    except QueryTimeout:
        if not window.is_counted:
            raise
        return await ctx.read_list(read, ctx.principal, replace(window, is_counted=False))


def _page(
    read: Read[T],
    filter: Filter,
    columns: Columns | None,
    connection: Connection,
    principal: Principal,
    window: Window,
) -> Page[T]:
    return read(connection, principal, filter, window, columns)


def _with_customers(
    read: Read[C],
    filter: Filter,
    columns: Columns | None,
    of_customers: Columns | None,
    connection: Connection,
    principal: Principal,
    window: Window,
) -> WithCustomers[C]:
    page = read(connection, principal, filter, window, columns)
    ids = [*dict.fromkeys([row.customer_id for row in page.rows if row.customer_id])]
    found = customers_by_id(connection, principal, ids, of_customers) if ids else {}
    return page, {id: found.get(id) for id in ids}
