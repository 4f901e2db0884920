"""Pages of lists, with the number of what is in the list where that was asked for too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from sqlalchemy import Connection

from invoicing.access import Principal
from invoicing.errors import QueryTimeout
from invoicing.storage.narrow import Columns
from invoicing.storage.pages import Filter, Page, Window
from resolvers.context import Context

T = TypeVar("T")
Read = Callable[[Connection, Principal, Filter, Window, Columns | None], Page[T]]


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
