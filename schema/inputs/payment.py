"""What the changes that move money take."""

from datetime import date, datetime

import strawberry

from schema.types.enums import ManualTransferMethod
from schema.types.scalars import Currency, Money

KEY = (
    "1 to 255 characters that you choose. The same request again with the same key moves "
    "no money and returns the same."
)


@strawberry.input(description="A payment that was made elsewhere, on an order or on an invoice: one of them.")
class RecordPaymentInput:
    order_id: str | None = strawberry.field(
        default=strawberry.UNSET, description="It pays the order's invoices, in order of issue."
    )
    invoice_id: str | None = strawberry.field(
        default=strawberry.UNSET, description="It pays this invoice; what exceeds it stays with the invoice."
    )
    amount: Money = strawberry.field(description="More than 0.")
    currency: Currency | None = strawberry.field(
        default=strawberry.UNSET, description="The order's or the invoice's, if given."
    )
    method: str = strawberry.field(description="How it was paid: CASH, iDEAL, PayPal, …")
    reference: str | None = strawberry.field(
        default=strawberry.UNSET, description="What the payer or the bank knows it by."
    )
    comment: str | None = strawberry.field(default=strawberry.UNSET, description="A remark.")
    paid_at: datetime | None = strawberry.field(
        default=strawberry.UNSET, description="When; now when left out."
    )
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.input(
    description="The same request again returns the same payment, as long as it is under way or paid."
)
class SettleInvoiceInput:
    id: str = strawberry.field(description="Which invoice.")
    payment_method: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Id of a payment method of its customer, or `auto` for the newest active one.",
    )
    idempotency_key: str | None = strawberry.field(default=strawberry.UNSET, description=KEY)


@strawberry.input(description="Money that changed hands without a gateway.")
class ManualTransferInput:
    method: ManualTransferMethod = strawberry.field(description="How.")
    payment_date: date = strawberry.field(description="When, in the account's time zone.")
    comment: str | None = strawberry.field(default=strawberry.UNSET, description="A remark.")
    reference: str | None = strawberry.field(
        default=strawberry.UNSET, description="What the payer or the bank knows it by."
    )


@strawberry.input(
    description=(
        "All that is outstanding was paid without a gateway. The same request again returns the same payment."
    )
)
class SettleInvoiceManuallyInput(ManualTransferInput):
    id: str = strawberry.field(description="Which invoice.")
    idempotency_key: str | None = strawberry.field(default=strawberry.UNSET, description=KEY)


@strawberry.input(
    description="All or part of a payment goes back: through the gateway that took it, or by a manual "
    "transfer. It settles the credit invoices of what was paid first."
)
class RefundPaymentInput:
    payment_id: str = strawberry.field(description="Which payment.")
    amount: Money | None = strawberry.field(
        default=strawberry.UNSET, description="All that is left of it when left out."
    )
    manual_transfer: ManualTransferInput | None = strawberry.field(
        default=strawberry.UNSET, description="How it was paid back, where no gateway does that."
    )
    reference: str | None = strawberry.field(
        default=strawberry.UNSET, description="What the payer or the caller knows it by."
    )
    comment: str | None = strawberry.field(default=strawberry.UNSET, description="A remark.")
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.input(
    description="What is owed to a customer pays another of their invoices, without money changing hands."
)
class ApplyCreditInput:
    invoice_id: str = strawberry.field(
        description="A credit invoice that still owes money, or an invoice that was overpaid."
    )
    to_invoice_id: str = strawberry.field(
        description="An open invoice of the same customer, in the same currency."
    )
    amount: Money | None = strawberry.field(
        default=strawberry.UNSET, description="As much as possible when left out."
    )
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.input(description="Names the customer by `customer_id` or `customer_handle`.")
class AddPaymentMethodInput:
    customer_id: str | None = strawberry.field(default=strawberry.UNSET, description="Whose it is.")
    customer_handle: str | None = strawberry.field(default=strawberry.UNSET, description="Or by handle.")
    gateway: str = strawberry.field(description="`stripe`, or `sandbox` where that is enabled.")
    reference: str = strawberry.field(
        description="What the gateway knows it by: pm_… of Stripe; approve, decline, late, … of the sandbox."
    )


@strawberry.input
class RemovePaymentMethodInput:
    id: str = strawberry.field(description="Which payment method.")
