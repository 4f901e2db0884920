"""Payments, refunds and payment methods as the API shows them, and what is paid of an invoice."""

from datetime import datetime

import strawberry

from invoicing.ledger.balances import Balance
from invoicing.storage import tables
from resolvers import payments
from schema.hints import needs
from schema.info import Info
from schema.types.enums import PaymentMethodState, PaymentStatus, PaymentType, ReimbursementStatus
from schema.types.lists import AfterId, Some, part
from schema.types.scalars import Currency, Money
from schema.types.shared import Actor


@strawberry.type(description="A payment or a refund. Only its status, and what belongs to it, ever changes.")
class Payment:
    id: strawberry.ID = strawberry.field(description="A UUID.")
    type: PaymentType = strawberry.field(description="Which way the money went.")
    status: PaymentStatus = strawberry.field(description="How far it is.")
    method: str = strawberry.field(
        description="CASH, BANK_TRANSFER, CHECK, OTHER, the text of recordPayment, or the gateway's name; "
        "SET_OFF by applyCredit: `reference` is then the number of the other invoice."
    )
    amount: Money = strawberry.field(
        description="Of the whole payment, also if only part of it pays this invoice or order."
    )
    currency: Currency = strawberry.field(description="Of the amount.")
    reference: str | None = strawberry.field(description="What the payer or the caller knows it by.")
    comment: str | None = strawberry.field(description="A remark.")
    error: str | None = strawberry.field(description="Why it failed.")
    paid_at: datetime | None = strawberry.field(description="When the money moved; null until it has.")
    created_at: datetime = strawberry.field(description="When it was recorded.")
    order_id: strawberry.ID | None = strawberry.field(description="The order that it was made on.")
    invoice_id: strawberry.ID | None = strawberry.field(description="Or the invoice.")
    refund_of: strawberry.ID | None = strawberry.field(description="The payment that a refund pays back.")
    gateway: str | None = strawberry.field(description="Who moved it; null if that was done elsewhere.")
    gateway_reference: str | None = strawberry.field(description="The gateway's own id for it.")
    created_by: Actor = strawberry.field(description="Who recorded it.")

    @classmethod
    def of(cls, row: tables.Payment) -> "Payment":
        return cls(
            id=strawberry.ID(row.id),
            type=PaymentType(row.type),
            status=PaymentStatus(row.status),
            method=row.method,
            amount=Money(row.amount),
            currency=Currency(row.currency),
            reference=row.reference,
            comment=row.comment,
            error=row.error,
            paid_at=row.paid_at,
            created_at=row.created_at,
            order_id=_id(row.order_id),
            invoice_id=_id(row.invoice_id),
            refund_of=_id(row.refund_of),
            gateway=row.gateway,
            gateway_reference=row.gateway_reference,
            created_by=Actor.of(row),
        )


@strawberry.type(
    description="What a customer can be charged by without being present. No card number is kept here."
)
class PaymentMethod:
    id: strawberry.ID = strawberry.field(description="A UUID.")
    gateway: str = strawberry.field(description="Who charges it.")
    label: str = strawberry.field(description="What its owner knows it by, such as Visa •••• 4242.")
    state: PaymentMethodState = strawberry.field(description="Whether it can be charged.")
    created_at: datetime = strawberry.field(description="When it was added.")

    @classmethod
    def of(cls, row: tables.PaymentMethod) -> "PaymentMethod":
        return cls(
            id=strawberry.ID(row.id),
            gateway=row.gateway,
            label=row.label,
            state=PaymentMethodState(row.state),
            created_at=row.created_at,
        )


@strawberry.type(
    description="What has been paid of an invoice: amount_outstanding = amount_due − amount_paid + "
    "amount_refunded, on a credit invoice too, where amount_due is negative."
)
class Reimbursement:
    invoice_id: strawberry.Private[str]
    status: ReimbursementStatus = strawberry.field(description="What the amounts add up to.")
    amount_due: Money = strawberry.field(description="What the invoice asks for: total + rounding.")
    amount_paid: Money = strawberry.field(
        description="What was paid, and what was set off against credit invoices."
    )
    amount_refunded: Money = strawberry.field(
        description="What was paid back; of a credit invoice, also what was set off."
    )
    amount_outstanding: Money = strawberry.field(
        description="What the buyer still owes; negative is what the seller owes."
    )
    amount_set_off: Money = strawberry.field(
        description=(
            "How much of it was set off without money: a credit invoice reduces what its invoice asks for. "
            "What `applyCredit` set off is not in it, but in the payments."
        )
    )

    @strawberry.field(
        description="The payments and refunds behind it, those that failed too, oldest first.",
        metadata=needs(),
    )
    async def payments(self, info: Info, first: Some = None, after: AfterId = None) -> list[Payment]:
        found = await payments.of_invoice(info.context, self.invoice_id)
        return [Payment.of(row) for row in part(found, first, after)]

    @strawberry.field(description="How many payments and refunds are behind it.", metadata=needs())
    async def payments_count(self, info: Info) -> int:
        return len(await payments.of_invoice(info.context, self.invoice_id))

    @classmethod
    def of(cls, balance: Balance) -> "Reimbursement":
        money = balance.money
        return cls(
            invoice_id=balance.id,
            status=ReimbursementStatus(money.status),
            amount_due=Money(money.due),
            amount_paid=Money(money.paid),
            amount_refunded=Money(money.refunded),
            amount_outstanding=Money(money.outstanding),
            amount_set_off=Money(money.set_off),
        )


def _id(value: str | None) -> strawberry.ID | None:
    return None if value is None else strawberry.ID(value)
