"""What makes an invoice, and what comes back."""

from __future__ import annotations

import strawberry

from schema.types.invoice import Invoice
from schema.types.scalars import Money


@strawberry.input(
    description="All items of orders of one customer, in one currency. "
    "The same id with the same items again answers with the same invoice."
)
class InvoiceItemsInput:
    items: list[str] = strawberry.field(description="The order items' ids: 1 to 5,000, each once.")
    invoice_id: str | None = strawberry.field(
        default=strawberry.UNSET, description="The invoice's id; generated when left out. Makes a retry safe."
    )


@strawberry.type
class InvoiceItemsPayload:
    invoice: Invoice | None = strawberry.field(description="The invoice, issued.")


@strawberry.input
class InvoiceOrderInput:
    order_id: str = strawberry.field(description="Which order.")
    invoice_id: str | None = strawberry.field(
        default=strawberry.UNSET, description="The invoice's id; generated when left out. Makes a retry safe."
    )


@strawberry.type
class InvoiceOrderPayload:
    invoice: Invoice = strawberry.field(description="The invoice, issued.")


@strawberry.input
class RetryInvoicePdfInput:
    invoice_id: str = strawberry.field(description="Which invoice.")


@strawberry.type
class RetryInvoicePdfPayload:
    invoice: Invoice = strawberry.field(description="The invoice; poll its `pdf_url`.")


@strawberry.input(description="How much of a line: a quantity or an amount; all that is left if neither.")
class CreditLineInput:
    line_id: str = strawberry.field(description="The invoice line's id.")
    quantity: int | None = strawberry.field(default=strawberry.UNSET, description="How many of it.")
    amount: Money | None = strawberry.field(
        default=strawberry.UNSET,
        description="Or an amount of it, in the invoice's own mode.",
    )


@strawberry.input(
    description="The same credit_invoice_id with the same request again answers with the same credit invoice."
)
class CreditInvoiceInput:
    invoice_id: str = strawberry.field(description="Which invoice.")
    lines: list[CreditLineInput] | None = strawberry.field(
        default=strawberry.UNSET, description="Which lines; all that is left of the invoice when left out."
    )
    reason: str | None = strawberry.field(default=strawberry.UNSET, description="On the paper.")
    credit_invoice_id: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Its id; generated when left out. Makes a retry safe.",
    )


@strawberry.type
class CreditInvoicePayload:
    invoice: Invoice = strawberry.field(description="The credit invoice, issued.")
