"""Pages of lists, with what else is asked for of them: the number of what is in the list, and whose it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
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
    """Where it takes too long to count the list as well, the page alone: the count is told of by itself."""
    columns = ctx.loaders.columns_of(shown_as)
    try:
        return await ctx.read_list(read, ctx.principal, filter, window, columns)
    except QueryTimeout:
        if not window.is_counted:
            raise
        alone = replace(window, is_counted=False)
        return await ctx.read_list(read, ctx.principal, filter, alone, columns)


async def read_page_of_customers(
    ctx: Context, read: Read[C], filter: Filter, window: Window, shown_as: str
) -> Page[C]:
    """Of what belongs to customers, who are read with it where they are shown: not handed over once more.

    Where that takes too long, the page is read alone, and its customers where they are shown.
    """
    columns = ctx.loaders.columns_of(shown_as)
    are_shown = columns is not None and "customer_id" in columns and ctx.loaders.are_shown("Customer")
    if are_shown and Scope.CUSTOMERS_READ in ctx.principal.scopes:
        together = partial(_with_customers, read, ctx.loaders.columns_of("Customer"))
        with suppress(QueryTimeout):
            page, customers = await ctx.read_list(together, ctx.principal, filter, window, columns)
            ctx.loaders.customer.prime(customers)
            return page
    return await read_page(ctx, read, filter, window, shown_as)


def _with_customers(
    read: Read[C],
    of_customers: Columns | None,
    connection: Connection,
    principal: Principal,
    filter: Filter,
    window: Window,
    columns: Columns | None,
) -> WithCustomers[C]:
    page = read(connection, principal, filter, window, columns)
    ids = [*dict.fromkeys([row.customer_id for row in page.rows if row.customer_id])]
    found = customers_by_id(connection, principal, ids, of_customers) if ids else {}
    return page, {id: found.get(id) for id in ids}
