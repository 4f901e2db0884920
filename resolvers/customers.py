"""Customers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from invoicing import customers, filters
from invoicing.access import Scope
from invoicing.pages import Page, Window
from invoicing.tables import Customer
from resolvers.context import Context


async def customer(ctx: Context, id: str | None, handle: str | None) -> Customer:
    ctx.principal.require(Scope.CUSTOMERS_READ)
    return await ctx.read(customers.find_customer, ctx.principal, id=id, handle=handle)


async def page(ctx: Context, given: filters.Filter, window: Window) -> Page[Customer]:
    ctx.principal.require(Scope.CUSTOMERS_READ)
    return await ctx.read(filters.customers_page, ctx.principal, given, window)


async def count(ctx: Context, given: filters.Filter) -> int:
    return await ctx.read(filters.customers_count, ctx.principal, given)


async def create_customer(ctx: Context, values: Mapping[str, Any]) -> Customer:
    ctx.principal.require(Scope.CUSTOMERS_WRITE)
    return await ctx.write(customers.create_customer, ctx.principal, values, now=ctx.now())


async def update_customer(ctx: Context, values: Mapping[str, Any]) -> Customer:
    ctx.principal.require(Scope.CUSTOMERS_WRITE)
    return await ctx.write(customers.update_customer, ctx.principal, values, now=ctx.now())


async def of(ctx: Context, customer_id: str | None) -> Customer | None:
    """The customer that an order or an invoice names."""
    if customer_id is None:
        return None
    ctx.principal.require(Scope.CUSTOMERS_READ)
    return await ctx.loaders.customer.load(customer_id)
