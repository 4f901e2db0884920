"""The queries."""

from typing import Annotated

import strawberry

from invoicing.storage.pages import Window
from resolvers import accounts, audit_log, customers, invoices, orders, webhooks
from schema import nodes
from schema.hints import needs
from schema.info import Info
from schema.inputs.filters import AuditLogFilter, InvoiceFilter, OrderFilter, WebhookDeliveryFilter
from schema.inputs.invoice import InvoiceItemsInput, issue_terms
from schema.inputs.values import sent_values
from schema.types.account import Account
from schema.types.audit import AuditEntry
from schema.types.connection import After, Before, Connection, First, Last
from schema.types.customer import Customer
from schema.types.invoice import Invoice, InvoicePreview
from schema.types.node import Node
from schema.types.order import Order
from schema.types.webhook import WebhookDelivery, WebhookEndpoint

Search = Annotated[
    str | None,
    strawberry.argument(
        description="Part of the name, e-mail address or handle, in any case: 3 characters or more."
    ),
]


WaitForPdf = Annotated[
    int | None,
    strawberry.argument(
        description=(
            "Waits until the PDF is made or was given up, but for so many milliseconds at most: "
            "10,000 or less."
        )
    ),
]


@strawberry.type(
    description="What can be read. `order` and `invoice` find one thing, `orders` and `invoices` list them."
)
class Query:
    @strawberry.field(
        description="Null, with a NOT_FOUND error, when there is none (or it is not yours).", metadata=needs()
    )
    async def order(self, info: Info, id: str) -> Order | None:
        return Order.of(await orders.order(info.context, id))

    @strawberry.field(description="The orders, newest first.", metadata=needs())
    async def orders(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: OrderFilter | None = None,
    ) -> Connection[Order]:
        ctx, wanted = info.context, sent_values(filter) if filter else {}
        is_counted = ctx.loaders.is_counted("OrderConnection")
        page = await orders.page(ctx, wanted, Window(first, after, last, before, is_counted=is_counted))
        return Connection.of(page, Order.of, lambda: orders.count(ctx, wanted))

    @strawberry.field(
        description="Null, with a NOT_FOUND error, when there is none (or it is not yours).", metadata=needs()
    )
    async def invoice(
        self, info: Info, id: str, wait_for_pdf_ms: WaitForPdf = strawberry.UNSET
    ) -> Invoice | None:
        if not wait_for_pdf_ms:
            return Invoice.of(await invoices.invoice(info.context, id))
        return Invoice.of(await invoices.invoice_with_pdf(info.context, id, wait_ms=wait_for_pdf_ms))

    @strawberry.field(description="The invoices, newest first.", metadata=needs())
    async def invoices(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: InvoiceFilter | None = None,
    ) -> Connection[Invoice]:
        ctx, wanted = info.context, sent_values(filter) if filter else {}
        is_counted = ctx.loaders.is_counted("InvoiceConnection")
        page = await invoices.page(ctx, wanted, Window(first, after, last, before, is_counted=is_counted))
        return Connection.of(page, Invoice.of, lambda: invoices.count(ctx, wanted))

    @strawberry.field(
        name="invoicePreview", description="What invoiceItems would issue, to the cent, without issuing it."
    )
    async def invoice_preview(self, info: Info, input: InvoiceItemsInput) -> InvoicePreview:
        return InvoicePreview.of(
            await invoices.preview_invoice(info.context, input.items, issue_terms(input))
        )

    @strawberry.field(
        description="By its id or its handle. Null, with a NOT_FOUND error, when there is none.",
        metadata=needs(),
    )
    async def customer(self, info: Info, id: str | None = None, handle: str | None = None) -> Customer | None:
        return Customer.of(await customers.customer(info.context, id, handle))

    @strawberry.field(description="The customers, newest first.", metadata=needs())
    async def customers(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        search: Search = None,
    ) -> Connection[Customer]:
        ctx, wanted = info.context, {"search": search}
        is_counted = ctx.loaders.is_counted("CustomerConnection")
        page = await customers.page(ctx, wanted, Window(first, after, last, before, is_counted=is_counted))
        return Connection.of(page, Customer.of, lambda: customers.count(ctx, wanted))

    @strawberry.field(description="The seller on whose behalf the token acts.")
    async def account(self, info: Info) -> Account:
        return Account.of(await accounts.account(info.context))

    @strawberry.field(name="webhookEndpoints", description="The endpoints, newest first.")
    async def webhook_endpoints(self, info: Info) -> list[WebhookEndpoint]:
        return [WebhookEndpoint.of(row) for row in await webhooks.endpoints(info.context)]

    @strawberry.field(
        name="webhookDeliveries",
        description=(
            "The deliveries that were or will be sent, newest first; those to deleted endpoints too."
        ),
    )
    async def webhook_deliveries(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: WebhookDeliveryFilter | None = None,
    ) -> Connection[WebhookDelivery]:
        ctx, wanted = info.context, sent_values(filter) if filter else {}
        page = await webhooks.page(ctx, wanted, Window(first, after, last, before))
        return Connection.of(page, WebhookDelivery.of, lambda: webhooks.count(ctx, wanted))

    @strawberry.field(
        name="auditLog",
        description="Who did what, when, to what, newest first: every change, over GraphQL, REST and the "
        "command line. Needs the scope `audit:read`.",
    )
    async def audit_log(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: AuditLogFilter | None = None,
    ) -> Connection[AuditEntry]:
        ctx, wanted = info.context, sent_values(filter) if filter else {}
        page = await audit_log.page(ctx, wanted, Window(first, after, last, before))
        return Connection.of(page, AuditEntry.of, lambda: audit_log.count(ctx, wanted))

    @strawberry.field(
        description="The order, invoice, customer or account with this `node_id`. Null when there is none "
        "(or it is not yours)."
    )
    async def node(self, info: Info, id: strawberry.ID) -> Node | None:
        return (await nodes.nodes(info.context, [id]))[0]

    @strawberry.field(description="The same for up to 100 of them, in their order.")
    async def nodes(self, info: Info, ids: list[strawberry.ID]) -> list[Node | None]:
        return await nodes.nodes(info.context, ids)
