"""Orders and their items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from invoicing import filters, orders, shipping, undoing
from invoicing.access import Scope
from invoicing.actions import Action
from invoicing.items import in_place
from invoicing.pages import Page, Window
from invoicing.tables import Order, OrderItem
from invoicing.undoing import Contra
from resolvers.context import Context


async def order(ctx: Context, order_id: str) -> Order:
    ctx.principal.require(Scope.ORDERS_READ)
    return await ctx.read(orders.find_order, ctx.principal, order_id)


async def page(ctx: Context, given: filters.Filter, window: Window) -> Page[Order]:
    ctx.principal.require(Scope.ORDERS_READ)
    return await ctx.read(filters.orders_page, ctx.principal, given, window)


async def count(ctx: Context, given: filters.Filter) -> int:
    return await ctx.read(filters.orders_count, ctx.principal, given)


async def create_order(ctx: Context, values: Mapping[str, Any]) -> Order:
    ctx.principal.require(Scope.ORDERS_WRITE)
    return await ctx.write(orders.create_order, ctx.principal, values, now=ctx.now())


async def update_order(ctx: Context, order_id: str, values: Mapping[str, Any]) -> Order:
    """A customer may change where their own order is invoiced, until it is."""
    ctx.principal.require(Scope.ORDERS_WRITE, or_own=True)
    update = orders.update_order if ctx.principal.customer_id is None else orders.update_billing
    return await ctx.write(update, ctx.principal, order_id, values, now=ctx.now())


async def update_billing(ctx: Context, order_id: str, values: Mapping[str, Any]) -> Order:
    """Where an order is invoiced, until it is: the same for a customer and for a key."""
    ctx.principal.require(Scope.ORDERS_WRITE, or_own=True)
    return await ctx.write(orders.update_billing, ctx.principal, order_id, values, now=ctx.now())


async def ship_order_items(
    ctx: Context, order_id: str, parcels: Sequence[tuple[str, int | None]], shipped_at: datetime | None
) -> tuple[Order, list[OrderItem]]:
    ctx.principal.require(Scope.ORDERS_WRITE)
    return await ctx.write(
        shipping.ship_items, ctx.principal, order_id, parcels, shipped_at=shipped_at or ctx.now()
    )


async def undo_order_items(
    ctx: Context, action: Action, order_id: str, contras: Sequence[Contra]
) -> tuple[Order, list[OrderItem]]:
    """Cancels before shipment, returns after it."""
    ctx.principal.require(Scope.ORDERS_WRITE)
    return await ctx.write(undoing.undo_items, ctx.principal, action, order_id, contras, now=ctx.now())


async def handle_order_items(ctx: Context, action: Action, order_id: str, item_ids: Sequence[str]) -> Order:
    ctx.principal.require(Scope.ORDERS_WRITE)
    return await ctx.write(undoing.handle_items, ctx.principal, action, order_id, item_ids, now=ctx.now())


async def items(ctx: Context, order: Order) -> Sequence[OrderItem]:
    return in_place(await ctx.loaders.items.load(order.id) or [])


async def by_ids(ctx: Context, ids: Sequence[str]) -> list[Order]:
    """The orders that an invoice covers, as it names them."""
    ctx.principal.require(Scope.ORDERS_READ)
    found = await ctx.loaders.order.load_many(ids)
    return [order for order in found if order is not None]
