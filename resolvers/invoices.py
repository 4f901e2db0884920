"""Invoices and credit invoices."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from functools import partial
from time import monotonic
from typing import NamedTuple

from documents.receipt_links import ReceiptKey
from invoicing.access import Scope
from invoicing.audit.actions import AuditAction
from invoicing.errors import ValidationError
from invoicing.invoices import cancel, from_orders, lists, one_time, paid_orders, queries
from invoicing.invoices import view as invoice_view
from invoicing.invoices.credit import LineCredit
from invoicing.invoices.queries import Issued
from invoicing.invoices.receipt import has_receipt
from invoicing.invoices.values import BY_DEFAULT, CreateInvoiceValues, IssueTerms
from invoicing.orders.items import sold
from invoicing.snapshot import Snapshot
from invoicing.storage import after_commit
from invoicing.storage.narrow import Columns
from invoicing.storage.pages import Filter, Page, Window
from invoicing.storage.tables import Order
from resolvers import orders, payments
from resolvers.batches import check_batch
from resolvers.context import Context
from resolvers.once import Moment
from resolvers.pages import read_page_of_customers

LONGEST_WAIT_MS = 10_000
_PDF_IS_MADE: Columns = frozenset(("pdf_key", "pdf_failed_at"))
"""Columns that say whether its PDF was made or given up."""


async def invoice(ctx: Context, invoice_id: str, *, also: Columns = frozenset()) -> Issued:
    """Where it is known what is shown of it, that and these columns are read; else its whole row."""
    ctx.principal.require(Scope.INVOICES_READ)
    shown = ctx.loaders.columns_of("Invoice")
    columns = None if shown is None else shown | also
    return await ctx.read(queries.found_invoice, ctx.principal, invoice_id, columns)


async def invoice_with_pdf(ctx: Context, invoice_id: str, *, wait_ms: int) -> Issued:
    """Waits until its PDF is there or was given up, but for `wait_ms` milliseconds at most."""
    if not 0 <= wait_ms <= LONGEST_WAIT_MS:
        raise ValidationError(
            f"Wait 0 to {LONGEST_WAIT_MS:,} milliseconds, not {wait_ms:,}.", field="wait_for_pdf_ms"
        )
    until = ctx.waits.setdefault((invoice_id, wait_ms), monotonic() + wait_ms / 1_000)
    watches = ctx.services.watches
    topic = after_commit.invoice_topic(ctx.principal.account_id, invoice_id)
    with watches.watch(topic, ctx.principal) as watch:
        while True:
            found = await invoice(ctx, invoice_id, also=_PDF_IS_MADE)
            left = until - monotonic()
            is_over = left <= 0 or watches.ending.is_set()
            if found.pdf_key or found.pdf_failed_at or is_over:
                return found
            await watch.wait(left)


async def invoice_updated(ctx: Context, invoice_id: str) -> AsyncIterator[Issued]:
    """The invoice now, and again whenever its PDF, payments or credits change. It never ends by itself."""
    topic = after_commit.invoice_topic(ctx.principal.account_id, invoice_id)
    seen, was_notified = None, False
    with ctx.services.watches.watch(topic, ctx.principal) as watch:
        while True:
            await ctx.renew()
            ctx.principal.require(Scope.INVOICES_READ)
            see = partial(ctx.read, invoice_view.see, ctx.principal, invoice_id)
            view = ctx.principal.customer_id
            moment = await watch.read_once(view, see) if was_notified else Moment(await see())
            if moment.value != seen:
                seen = moment.value
                ctx.tell(moment)
                yield seen.invoice
            was_notified = await watch.wait()


async def page(ctx: Context, filter: Filter, window: Window) -> Page[Issued]:
    ctx.principal.require(Scope.INVOICES_READ)
    page = await read_page_of_customers(ctx, lists.invoices_page, filter, window, "Invoice")
    ctx.loaders.invoice.prime({row.id: row for row in page.rows})  # `orders { invoices }` finds them
    return page


async def count(ctx: Context, filter: Filter) -> int:
    return await ctx.read_list(lists.invoices_count, ctx.principal, filter)


async def preview_invoice(ctx: Context, item_ids: Sequence[str], terms: IssueTerms) -> Snapshot:
    ctx.principal.require(Scope.INVOICES_READ)
    return await ctx.read_list(from_orders.preview, ctx.principal, item_ids, terms=terms, now=ctx.now())


async def invoice_items(
    ctx: Context, item_ids: Sequence[str], invoice_id: str | None, terms: IssueTerms
) -> Issued:
    ctx.principal.require(Scope.INVOICES_WRITE)
    return await ctx.write(
        AuditAction.INVOICE_ITEMS,
        from_orders.invoice_items,
        ctx.principal,
        item_ids,
        invoice_id=invoice_id,
        terms=terms,
        now=ctx.now(),
    )


async def invoice_order(
    ctx: Context, order_id: str, invoice_id: str | None, terms: IssueTerms = BY_DEFAULT
) -> Issued:
    """A customer may have their own order invoiced, but may not choose the invoice's id or its terms."""
    ctx.principal.require(Scope.INVOICES_WRITE, or_own=invoice_id is None and terms == BY_DEFAULT)
    return await ctx.write(
        AuditAction.INVOICE_ORDER,
        from_orders.invoice_order,
        ctx.principal,
        order_id,
        invoice_id=invoice_id,
        terms=terms,
        now=ctx.now(),
    )


class OrderToInvoice(NamedTuple):
    order_id: str
    invoice_id: str | None
    terms: IssueTerms


async def invoice_orders(ctx: Context, each: Sequence[OrderToInvoice]) -> list[Issued | BaseException]:
    """The invoice of each order, or why there is none: the others do not depend on it."""
    ctx.principal.require(Scope.INVOICES_WRITE)
    check_batch(each)
    return await ctx.write_each(
        AuditAction.INVOICE_ORDER,
        [
            partial(
                from_orders.invoice_order,
                principal=ctx.principal,
                order_id=order_id,
                invoice_id=invoice_id,
                terms=terms,
                now=ctx.now(),
            )
            for order_id, invoice_id, terms in each
        ],
    )


async def invoice_paid_order(ctx: Context, order_id: str) -> Issued:
    """A customer may have their own order invoiced."""
    ctx.principal.require(Scope.INVOICES_WRITE, or_own=True)
    return await ctx.write(
        AuditAction.INVOICE_ORDER, paid_orders.invoice_paid_order, ctx.principal, order_id, now=ctx.now()
    )


async def create_invoice(ctx: Context, values: CreateInvoiceValues) -> Issued:
    """A one-time invoice, after the payment that `settle` or `manual_transfer` asks for."""
    ctx.principal.require(Scope.INVOICES_WRITE)
    if any(values.get(name) is not None for name in ("settle", "manual_transfer")):
        ctx.principal.require(Scope.PAYMENTS_WRITE)
    made = await ctx.write(
        AuditAction.CREATE_INVOICE,
        one_time.create_invoice,
        ctx.principal,
        values,
        gateways=ctx.services.gateways.names,
        now=ctx.now(),
    )
    if made.begun is None:
        return made.invoice
    await payments.carry_out(ctx, made.begun)
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
        AuditAction.CREDIT_INVOICE,
        from_orders.credit_invoice,
        ctx.principal,
        invoice_id,
        lines,
        reason=reason,
        credit_invoice_id=credit_invoice_id,
        now=ctx.now(),
    )


async def cancel_invoice(ctx: Context, invoice_id: str, *, reason: str | None = None) -> Issued:
    """Credits all of an invoice that is not settled."""
    ctx.principal.require(Scope.INVOICES_WRITE)
    return await ctx.write(
        AuditAction.CANCEL_INVOICE,
        cancel.cancel_invoice,
        ctx.principal,
        invoice_id,
        reason=reason,
        now=ctx.now(),
    )


async def retry_invoice_pdf(ctx: Context, invoice_id: str) -> Issued:
    ctx.principal.require(Scope.INVOICES_WRITE)
    return await ctx.write(
        AuditAction.RETRY_INVOICE_PDF, from_orders.retry_pdf, ctx.principal, invoice_id, now=ctx.now()
    )


async def visible(ctx: Context, ids: Sequence[str]) -> list[Issued]:
    """Those of the invoices that the caller may see: a customer only their own."""
    own = ctx.principal.customer_id
    return [invoice for invoice in await by_ids(ctx, ids) if own is None or invoice.customer_id == own]


async def by_ids(ctx: Context, ids: Sequence[str]) -> list[Issued]:
    """The invoices with these ids, in that order, without those that are not there."""
    ctx.principal.require(Scope.INVOICES_READ)
    found = await ctx.loaders.invoice.load_many(ids)
    return [invoice for invoice in found if invoice is not None]


async def newest_of(ctx: Context, order: Order) -> Issued | None:
    """The newest invoice with items of an order, not counting those that only credit it."""
    items = sold(await orders.items(ctx, order))
    return queries.newest(await by_ids(ctx, list({item.invoice_id for item in items if item.invoice_id})))


async def of_order(ctx: Context, order_id: str) -> list[Issued]:
    """The invoices with items of an order, and their credit invoices, oldest first."""
    found = await by_ids(ctx, await ctx.loaders.invoices_of_order.load(order_id) or [])
    return sorted(found, key=lambda each: (each.created_at, each.id))


async def credits_of(ctx: Context, invoice: Issued) -> list[Issued]:
    """The credit invoices of an invoice, oldest first."""
    found = await by_ids(ctx, await ctx.loaders.credits.load(invoice.id) or [])
    return sorted(found, key=lambda each: (each.created_at, each.id))


async def receipt_url(ctx: Context, invoice: Issued) -> str | None:
    """A link to its copy with the payments on it, which expires; None while something is open."""
    if not has_receipt(invoice.type, await payments.balance_of(ctx, invoice)):
        return None
    key = ReceiptKey(ctx.principal.account_id, invoice.id)
    return ctx.services.links.url(str(key), f"{invoice.number}.pdf")


def pdf_url(ctx: Context, invoice: Issued) -> str | None:
    """A link to the PDF that expires; None until the PDF is stored."""
    return ctx.services.links.url(invoice.pdf_key, f"{invoice.number}.pdf") if invoice.pdf_key else None
