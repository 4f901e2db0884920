"""The audit log, for keys with its scope alone: a customer's session never sees it."""

from __future__ import annotations

from invoicing.access import Scope
from invoicing.audit import lists
from invoicing.storage.pages import Filter, Page, Window
from invoicing.storage.tables import AuditEntry
from resolvers.context import Context


async def page(ctx: Context, filter: Filter, window: Window) -> Page[AuditEntry]:
    ctx.principal.require(Scope.AUDIT_READ)
    return await ctx.read_list(lists.audit_page, ctx.principal, filter, window)


async def count(ctx: Context, filter: Filter) -> int:
    return await ctx.read_list(lists.audit_count, ctx.principal, filter)
