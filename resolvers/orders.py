"""Orders and their items."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import NoReturn

from sqlalchemy import Connection

from invoicing.access import Scope
from invoicing.accounts.settings import account
from invoicing.audit.actions import AuditAction
from invoicing.errors import InvoicingError, NotFound
from invoicing.orders import intake, lists, returns, shipping, view
from invoicing.orders.actions import Action
from invoicing.orders.lawful import Parties
from invoicing.orders.pricing import PricedItems, Terms, priced_items
from invoicing.orders.returns import Contra
from invoicing.orders.values import CreateOrderValues, UpdateOrderValues
from invoicing.storage.pages import Filter, Page, Window
from invoicing.storage.tables import Order, OrderItem
from resolvers.batches import check_batch
from resolvers.context import Context
from resolvers.pages import read_page_of_customers
from resolvers.shared_threads import SharedThreads

_AUDITED = {
    Action.CANCEL: AuditAction.CANCEL_ORDER_ITEMS,
    Action.RETURN: AuditAction.RETURN_ORDER_ITEMS,
    Action.HANDLE_RECEIPT: AuditAction.RECEIVE_ORDER_ITEMS,
    Action.HANDLE_APPROVAL: AuditAction.APPROVE_ORDER_ITEMS,
    Action.HANDLE_FINISH: AuditAction.FINISH_ORDER_ITEMS,
}
MANY = 100  # items
_PRICING = SharedThreads(2, 1, "pricing")


async def order(ctx: Context, order_id: str) -> Order:
    """With the rows that the operation shows of it, where that is known."""
    ctx.principal.require(Scope.ORDERS_READ)
    loaders = ctx.loaders
    wanted = view.Wanted(
        items=loaders.are_shown("OrderItem"),
        seller=loaders.are_shown("Account"),
        customer=loaders.are_shown("Customer"),
        columns=view.Columns(
            order=loaders.columns_of("Order"),
            items=loaders.columns_of("OrderItem"),
            seller=loaders.columns_of("Account"),
            customer=loaders.columns_of("Customer"),
        ),
    )
    if not (wanted.items or wanted.seller or wanted.customer):
        return await ctx.read(intake.find_order, ctx.principal, order_id)
    read = ctx.read_list if wanted.items else ctx.read  # it may have thousands
    seen = await read(view.see, ctx.principal, order_id, wanted)
    loaders.prime_order(seen)
    return seen.order


async def page(ctx: Context, filter: Filter, window: Window) -> Page[Order]:
    ctx.principal.require(Scope.ORDERS_READ)
    return await read_page_of_customers(ctx, lists.orders_page, filter, window, "Order")


async def count(ctx: Context, filter: Filter) -> int:
    return await ctx.read_list(lists.orders_count, ctx.principal, filter)


async def create_order(ctx: Context, values: CreateOrderValues) -> Order:
    ctx.principal.require(Scope.ORDERS_WRITE)
    priced = await _priced(ctx, values)
    return await ctx.write(
        AuditAction.CREATE_ORDER, intake.create_order, ctx.principal, values, priced=priced, now=ctx.now()
    )


async def create_orders(ctx: Context, each: Sequence[CreateOrderValues]) -> list[Order | BaseException]:
    """Each order, or why it was refused: the others do not depend on it."""
    ctx.principal.require(Scope.ORDERS_WRITE)
    check_batch(each)
    return await ctx.write_each(AuditAction.CREATE_ORDER, [await _taking_in(ctx, values) for values in each])


async def _taking_in(ctx: Context, values: CreateOrderValues) -> Callable[[Connection], Order]:
    """What takes one of several orders in, or refuses it for what is found wrong before its turn."""
    try:
        priced = await _priced(ctx, values)
    except InvoicingError as refusal:
        return partial(_refuse, refusal)
    return partial(intake.create_order, principal=ctx.principal, values=values, priced=priced, now=ctx.now())


def _refuse(refusal: InvoicingError, _: Connection) -> NoReturn:
    raise refusal


async def _priced(ctx: Context, values: CreateOrderValues) -> PricedItems | None:
    """The items of a long order, in a thread and in the account's turn; None of a short one."""
    if len(values["items"]) <= MANY:
        return None
    seller = await ctx.read(account, ctx.principal.account_id)
    is_including_vat = values.get("is_including_vat")
    terms = Terms(seller.default_vat_rate, True if is_including_vat is None else is_including_vat)
    return await _PRICING.run(seller.id, lambda: priced_items(values["items"], terms))


async def update_order(ctx: Context, order_id: str, values: UpdateOrderValues) -> Order:
    """A customer may change only the billing details of their own order, until it is invoiced."""
    ctx.principal.require(Scope.ORDERS_WRITE, or_own=True)
    update = intake.update_order if ctx.principal.customer_id is None else intake.update_billing
    return await ctx.write(AuditAction.UPDATE_ORDER, update, ctx.principal, order_id, values, now=ctx.now())


async def update_billing(ctx: Context, order_id: str, values: UpdateOrderValues) -> Order:
    """The billing details of an order, until it is invoiced: for a customer as for an API key."""
    ctx.principal.require(Scope.ORDERS_WRITE, or_own=True)
    return await ctx.write(
        AuditAction.UPDATE_ORDER, intake.update_billing, ctx.principal, order_id, values, now=ctx.now()
    )


async def ship_order_items(
    ctx: Context, order_id: str, parcels: Sequence[tuple[str, int | None]], shipped_at: datetime | None
) -> tuple[Order, list[OrderItem]]:
    """The order, and the items that were shipped."""
    ctx.principal.require(Scope.ORDERS_WRITE)
    return await ctx.write(
        AuditAction.SHIP_ORDER_ITEMS,
        shipping.ship_items,
        ctx.principal,
        order_id,
        parcels,
        shipped_at=shipped_at or ctx.now(),
    )


async def undo_order_items(
    ctx: Context, action: Action, order_id: str, contras: Sequence[Contra]
) -> tuple[Order, list[OrderItem]]:
    """Cancels items before shipment, or returns them after it: the order, and the contra items made."""
    ctx.principal.require(Scope.ORDERS_WRITE)
    return await ctx.write(
        _AUDITED[action], returns.undo_items, ctx.principal, action, order_id, contras, now=ctx.now()
    )


async def handle_order_items(ctx: Context, action: Action, order_id: str, item_ids: Sequence[str]) -> Order:
    ctx.principal.require(Scope.ORDERS_WRITE)
    return await ctx.write(
        _AUDITED[action], returns.handle_items, ctx.principal, action, order_id, item_ids, now=ctx.now()
    )


async def items(ctx: Context, order: Order) -> Sequence[OrderItem]:
    """The items of an order, in their order."""
    found = await ctx.loaders.items.load(order.id) or []
    if len(found) > MANY:
        await ctx.pace.keep()  # what is done with so many takes long
    return found


async def parties(ctx: Context, order: Order) -> Parties:
    """Who sells and who buys it. No scope is needed: only what this means for the order is shown."""
    if order.customer_id:
        ctx.loaders.customer.ask(order.customer_id)
    seller = await ctx.loaders.account.load(ctx.principal.account_id)
    if seller is None:
        raise NotFound(f"There is no account {ctx.principal.account_id}.")
    customer = await ctx.loaders.customer.load(order.customer_id) if order.customer_id else None
    return Parties(seller, customer)


async def items_and_parties(ctx: Context, order: Order) -> tuple[Sequence[OrderItem], Parties]:
    """Both, read at once."""
    ctx.loaders.items.ask(order.id)
    found = await parties(ctx, order)
    return await items(ctx, order), found


async def visible(ctx: Context, ids: Sequence[str]) -> list[Order]:
    """Those of the orders that the caller may see: a customer only their own."""
    own = ctx.principal.customer_id
    return [order for order in await by_ids(ctx, ids) if own is None or order.customer_id == own]


async def by_ids(ctx: Context, ids: Sequence[str]) -> list[Order]:
    """The orders with these ids, in that order, without those that are not there."""
    ctx.principal.require(Scope.ORDERS_READ)
    found = await ctx.loaders.order.load_many(ids)
    return [order for order in found if order is not None]
