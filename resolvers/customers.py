"""Customers and their sessions."""

from __future__ import annotations

from collections.abc import Sequence

from invoicing.access import Scope
from invoicing.audit.actions import AuditAction
from invoicing.customers import details, lists, sessions
from invoicing.customers.values import CreateCustomerValues, UpdateCustomerValues
from invoicing.erasure import customer as erasure
from invoicing.erasure.customer import Erased
from invoicing.storage.pages import Filter, Page, Window
from invoicing.storage.tables import Customer, CustomerSession
from resolvers.context import Context
from resolvers.pages import read_page


async def customer(ctx: Context, id: str | None, handle: str | None) -> Customer:
    ctx.principal.require(Scope.CUSTOMERS_READ)
    return await ctx.read(details.find_customer, ctx.principal, id=id, handle=handle)


async def page(ctx: Context, filter: Filter, window: Window) -> Page[Customer]:
    ctx.principal.require(Scope.CUSTOMERS_READ)
    return await read_page(ctx, lists.customers_page, filter, window, "Customer")


async def count(ctx: Context, filter: Filter) -> int:
    return await ctx.read_list(lists.customers_count, ctx.principal, filter)


async def create_customer(ctx: Context, values: CreateCustomerValues) -> Customer:
    ctx.principal.require(Scope.CUSTOMERS_WRITE)
    return await ctx.write(
        AuditAction.CREATE_CUSTOMER, details.create_customer, ctx.principal, values, now=ctx.now()
    )


async def update_customer(ctx: Context, values: UpdateCustomerValues) -> Customer:
    ctx.principal.require(Scope.CUSTOMERS_WRITE)
    return await ctx.write(
        AuditAction.UPDATE_CUSTOMER, details.update_customer, ctx.principal, values, now=ctx.now()
    )


async def erase_customer(ctx: Context, customer_id: str | None, customer_handle: str | None) -> Erased:
    """It cannot be undone, and takes the orders with it: both scopes are needed."""
    ctx.principal.require(Scope.CUSTOMERS_WRITE)
    ctx.principal.require(Scope.ORDERS_WRITE)
    erased = await ctx.write(
        AuditAction.ERASE_CUSTOMER,
        erasure.erase_customer,
        ctx.principal,
        id=customer_id,
        handle=customer_handle,
        now=ctx.now(),
    )
    ctx.services.forget_keys()  # its sessions have ended
    return erased


async def create_customer_session(
    ctx: Context,
    customer_id: str | None,
    customer_handle: str | None,
    seconds: int | None,
    return_url: str | None,
) -> tuple[CustomerSession, str]:
    """The session and its token, which is not kept."""
    sessions.check_may_give_sessions(ctx.principal)
    return await ctx.write(
        AuditAction.CREATE_CUSTOMER_SESSION,
        sessions.create_customer_session,
        ctx.principal,
        customer_id=customer_id,
        customer_handle=customer_handle,
        seconds=seconds,
        return_url=return_url,
        now=ctx.now(),
    )


async def revoke_customer_session(ctx: Context, session_id: str) -> CustomerSession:
    sessions.check_may_end_sessions(ctx.principal)
    revoked = await ctx.write(
        AuditAction.REVOKE_CUSTOMER_SESSION,
        sessions.revoke_customer_session,
        ctx.principal,
        session_id,
        now=ctx.now(),
    )
    ctx.services.forget_keys()
    return revoked


async def visible(ctx: Context, ids: Sequence[str]) -> list[Customer]:
    """Those of the customers that the caller may see: a customer only itself."""
    ctx.principal.require(Scope.CUSTOMERS_READ)
    own = ctx.principal.customer_id
    found = await ctx.loaders.customer.load_many([id for id in ids if own is None or id == own])
    return [customer for customer in found if customer is not None]


async def by_ids(ctx: Context, ids: Sequence[str | None]) -> list[Customer | None]:
    """The customers that orders or invoices belong to, in their order."""
    if any(ids):
        ctx.principal.require(Scope.CUSTOMERS_READ)
    found = await ctx.loaders.customer.load_many(dict.fromkeys(filter(None, ids)))
    by_id = {customer.id: customer for customer in found if customer}
    return [by_id.get(id or "") for id in ids]


async def by_id(ctx: Context, customer_id: str | None) -> Customer | None:
    """The customer that an order or an invoice belongs to; None for a guest's."""
    if customer_id is None:
        return None
    ctx.principal.require(Scope.CUSTOMERS_READ)
    return await ctx.loaders.customer.load(customer_id)
