"""Invoices, for every front door: check the scope, open a transaction, ask the domain."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial
from time import monotonic
from typing import Any

from invoicing.access import Scope
from invoicing.errors import ValidationError
from invoicing.invoices import cancel, from_orders, lists, one_time, paid_orders, queries, view
from invoicing.invoices.credit import LineCredit
from invoicing.invoices.draft import Draft
from invoicing.invoices.queries import Issued
from invoicing.orders.items import sold
from invoicing.storage import after_commit
from invoicing.storage.pages import Filter, Page, Window
from invoicing.storage.tables import Order
from resolvers import orders, payments
from resolvers.context import Context

LONGEST_WAIT_MS = 10_000
LOOK_AGAIN_SECONDS = 5.0  # should word of a change be lost, or come from a process that cannot send any


async def invoice(ctx: Context, invoice_id: str) -> Issued:
    ctx.principal.require(Scope.INVOICES_READ)
    return await ctx.read(queries.found_invoice, ctx.principal, invoice_id)


async def invoice_with_pdf(ctx: Context, invoice_id: str, *, wait_ms: int) -> Issued:
    """As soon as its PDF is there or was given up, and after `wait_ms` milliseconds at the latest."""
    if not 0 <= wait_ms <= LONGEST_WAIT_MS:
        raise ValidationError(
            f"Wait 0 to {LONGEST_WAIT_MS:,} milliseconds, not {wait_ms:,}.", field="wait_for_pdf_ms"
        )
    until = monotonic() + wait_ms / 1_000
    with ctx.watches.of(
        after_commit.of_invoice(ctx.principal.account_id, invoice_id), ctx.principal
    ) as watch:
        while True:
            found = await invoice(ctx, invoice_id)
            left = until - monotonic()
            is_over = left <= 0 or ctx.watches.ending.is_set()
            if found.pdf_key or found.pdf_failed_at or is_over:
                return found
            await watch.wait(min(left, LOOK_AGAIN_SECONDS))


async def invoice_updated(ctx: Context, invoice_id: str) -> AsyncIterator[Issued]:
    """The invoice now, and again whenever its PDF, payment or credits stand otherwise. It never ends."""
    topic = after_commit.of_invoice(ctx.principal.account_id, invoice_id)
    seen, was_told = None, False
    with ctx.watches.of(topic, ctx.principal) as watch:
        while True:
            await ctx.renew()
            ctx.principal.require(Scope.INVOICES_READ)
            see = partial(ctx.read, view.see, ctx.principal, invoice_id)
            now = await (ctx.watches.look(topic, ctx.principal.customer_id, see) if was_told else see())
            if now != seen:
                seen = now
                ctx.loaders.has_seen(now)
                yield now.invoice
            was_told = await watch.wait(LOOK_AGAIN_SECONDS)


async def page(ctx: Context, given: Filter, window: Window) -> Page[Issued]:
    ctx.principal.require(Scope.INVOICES_READ)
    page = await ctx.read(lists.invoices_page, ctx.principal, given, window)
    ctx.loaders.invoice.prime_many({row.id: row for row in page.rows})  # their orders' invoices, as a rule
    return page


async def count(ctx: Context, given: Filter) -> int:
    return await ctx.read(lists.invoices_count, ctx.principal, given)


async def preview(ctx: Context, item_ids: Sequence[str]) -> Draft:
    ctx.principal.require(Scope.INVOICES_READ)
    return await ctx.read(from_orders.preview, ctx.principal, item_ids, now=ctx.now())


async def invoice_items(ctx: Context, item_ids: Sequence[str], invoice_id: str | None) -> Issued:
    ctx.principal.require(Scope.INVOICES_WRITE)
    return await ctx.write(
        from_orders.invoice_items, ctx.principal, item_ids, invoice_id=invoice_id, now=ctx.now()
    )


async def invoice_order(ctx: Context, order_id: str, invoice_id: str | None) -> Issued:
    """A customer may have their own order invoiced; the invoice's id is then not theirs to choose."""
    ctx.principal.require(Scope.INVOICES_WRITE, or_own=invoice_id is None)
    return await ctx.write(
        from_orders.invoice_order, ctx.principal, order_id, invoice_id=invoice_id, now=ctx.now()
    )


async def invoice_paid_order(ctx: Context, order_id: str) -> Issued:
    """A customer may have their own."""
    ctx.principal.require(Scope.INVOICES_WRITE, or_own=True)
    return await ctx.write(paid_orders.invoice_paid_order, ctx.principal, order_id, now=ctx.now())


async def create_invoice(ctx: Context, values: Mapping[str, Any]) -> Issued:
    """With `settle` or `manual_transfer` it moves money too: the invoice is as that has left it."""
    ctx.principal.require(Scope.INVOICES_WRITE)
    if any(values.get(name) is not None for name in ("settle", "manual_transfer")):
        ctx.principal.require(Scope.PAYMENTS_WRITE)
    made = await ctx.write(
        one_time.create_invoice, ctx.principal, values, gateways=ctx.gateways.names, now=ctx.now()
    )
    if made.begun is None:
        return made.invoice
    await payments.carried_out(ctx, made.begun)
    return await ctx.read(queries.found_invoice, ctx.principal, made.invoice.id)


async def credit_invoice(
    ctx: Context,
    invoice_id: str,
    lines: Sequence[LineCredit] | None,
    *,
    reason: str | None,
    credit_invoice_id: str | None,
) -> Issued:
    ctx.principal.require(Scope.INVOICES_WRITE)
    return await ctx.write(
        from_orders.credit_invoice,
        ctx.principal,
        invoice_id,
        lines,
        reason=reason,
        credit_invoice_id=credit_invoice_id,
        now=ctx.now(),
    )


async def cancel_invoice(ctx: Context, invoice_id: str, *, reason: str | None = None) -> Issued:
    """Credits all of an invoice that nobody has settled."""
    ctx.principal.require(Scope.INVOICES_WRITE)
    return await ctx.write(cancel.cancel_invoice, ctx.principal, invoice_id, reason=reason, now=ctx.now())


async def retry_invoice_pdf(ctx: Context, invoice_id: str) -> Issued:
    ctx.principal.require(Scope.INVOICES_WRITE)
    return await ctx.write(from_orders.retry_pdf, ctx.principal, invoice_id, now=ctx.now())


async def by_ids(ctx: Context, ids: Sequence[str]) -> list[Issued]:
    """The invoices that an order's items are on."""
    ctx.principal.require(Scope.INVOICES_READ)
    found = await ctx.loaders.invoice.load_many(ids)
    return [invoice for invoice in found if invoice is not None]


async def newest_of(ctx: Context, order: Order) -> Issued | None:
    """The newest invoice with what is sold on an order."""
    items = sold(await orders.items(ctx, order))
    return queries.newest(await by_ids(ctx, list({item.invoice_id for item in items if item.invoice_id})))


async def of_order(ctx: Context, order_id: str) -> list[Issued]:
    """The invoices with items of an order, and the credits of those, oldest first."""
    found = await by_ids(ctx, await ctx.loaders.invoices_of_order.load(order_id) or [])
    return sorted(found, key=lambda each: (each.created_at, each.id))


async def crediting(ctx: Context, invoice: Issued) -> list[Issued]:
    """The credit invoices of an invoice, oldest first."""
    found = await by_ids(ctx, await ctx.loaders.credits.load(invoice.id) or [])
    return sorted(found, key=lambda each: (each.created_at, each.id))


def pdf_url(ctx: Context, invoice: Issued) -> str | None:
    """Null until the document's row exists, which is after its bytes lie in the store."""
    return ctx.links.url(invoice.pdf_key, f"{invoice.number}.pdf") if invoice.pdf_key else None
