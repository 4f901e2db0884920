"""The changes that issue invoices and credit them."""

import strawberry

from invoicing.invoices.credit import LineCredit
from invoicing.invoices.values import CreateInvoiceValues
from resolvers import invoices
from schema.info import Info
from schema.inputs.invoice import (
    CreateInvoiceInput,
    CreditInvoiceInput,
    InvoiceItemsInput,
    InvoiceOrderInput,
    InvoiceOrdersInput,
    RetryInvoicePdfInput,
    issue_terms,
)
from schema.inputs.values import or_none, sent_values
from schema.types.invoice import Invoice
from schema.types.refusal import Refusal


@strawberry.type
class InvoiceItemsPayload:
    invoice: Invoice | None = strawberry.field(description="The invoice, issued.")


@strawberry.type
class InvoiceOrderPayload:
    invoice: Invoice = strawberry.field(description="The invoice, issued.")


@strawberry.type(description="An order's invoice, or why it has none.")
class InvoiceOrderResult:
    invoice: Invoice | None = strawberry.field(description="The invoice, issued; null if it was refused.")
    refusal: Refusal | None = strawberry.field(description="Why there is none; null if there is one.")


@strawberry.type
class InvoiceOrdersPayload:
    results: list[InvoiceOrderResult] = strawberry.field(
        description="One for each of the input, in its order."
    )


@strawberry.type
class CreateInvoicePayload:
    invoice: Invoice = strawberry.field(description="The invoice, issued.")


@strawberry.type
class CreditInvoicePayload:
    invoice: Invoice = strawberry.field(description="The credit invoice, issued.")


@strawberry.type
class RetryInvoicePdfPayload:
    invoice: Invoice = strawberry.field(description="The invoice; poll its `pdf_url`.")


@strawberry.type
class InvoiceMutations:
    @strawberry.mutation(
        name="invoiceItems",
        description="Puts items on an invoice: of several orders, if they are one customer's.",
    )
    async def invoice_items(self, info: Info, input: InvoiceItemsInput) -> InvoiceItemsPayload:
        row = await invoices.invoice_items(
            info.context, input.items, or_none(input.invoice_id), issue_terms(input)
        )
        return InvoiceItemsPayload(invoice=Invoice.of(row))

    @strawberry.mutation(
        name="invoiceOrder",
        description="Puts everything on the order that can be invoiced now on an invoice.",
    )
    async def invoice_order(self, info: Info, input: InvoiceOrderInput) -> InvoiceOrderPayload:
        row = await invoices.invoice_order(
            info.context, input.order_id, or_none(input.invoice_id), issue_terms(input)
        )
        return InvoiceOrderPayload(invoice=Invoice.of(row))

    @strawberry.mutation(
        name="invoiceOrders",
        description="Issues the invoices of up to 100 orders, as `invoiceOrder` does of one. One that is "
        "refused keeps none of the others from it; to send the same again invoices nothing twice.",
    )
    async def invoice_orders(self, info: Info, input: InvoiceOrdersInput) -> InvoiceOrdersPayload:
        asked = [
            invoices.OrderToInvoice(each.order_id, or_none(each.invoice_id), issue_terms(each))
            for each in input.orders
        ]
        outcomes = await invoices.invoice_orders(info.context, asked)
        return InvoiceOrdersPayload(
            results=[
                InvoiceOrderResult(invoice=None, refusal=Refusal.of(made, info, at=f"orders.{place}"))
                if isinstance(made, BaseException)
                else InvoiceOrderResult(invoice=Invoice.of(made), refusal=None)
                for place, made in enumerate(outcomes)
            ]
        )

    @strawberry.mutation(
        name="createInvoice", description="A one-time invoice for a customer, with lines of its own."
    )
    async def create_invoice(self, info: Info, input: CreateInvoiceInput) -> CreateInvoicePayload:
        row = await invoices.create_invoice(info.context, sent_values(input, CreateInvoiceValues))
        return CreateInvoicePayload(invoice=Invoice.of(row))

    @strawberry.mutation(name="creditInvoice", description="Credits lines of an invoice, or all of it.")
    async def credit_invoice(self, info: Info, input: CreditInvoiceInput) -> CreditInvoicePayload:
        lines = or_none(input.lines)
        row = await invoices.credit_invoice(
            info.context,
            input.invoice_id,
            None if lines is None else [LineCredit(**sent_values(line)) for line in lines],
            reason=or_none(input.reason),
            credit_invoice_id=or_none(input.credit_invoice_id),
        )
        return CreditInvoicePayload(invoice=Invoice.of(row))

    @strawberry.mutation(
        name="retryInvoicePdf", description="Makes a PDF again that was given up, or whose file was lost."
    )
    async def retry_invoice_pdf(self, info: Info, input: RetryInvoicePdfInput) -> RetryInvoicePdfPayload:
        row = await invoices.retry_invoice_pdf(info.context, input.invoice_id)
        return RetryInvoicePdfPayload(invoice=Invoice.of(row))
