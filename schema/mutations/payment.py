"""The changes that move money."""

import strawberry

from invoicing.payments.values import ManualTransferValues, RecordPaymentValues, RefundPaymentValues
from resolvers import payments
from schema.info import Info
from schema.inputs.payment import (
    AddPaymentMethodInput,
    ApplyCreditInput,
    RecordPaymentInput,
    RefundPaymentInput,
    RemovePaymentMethodInput,
    SettleInvoiceInput,
    SettleInvoiceManuallyInput,
)
from schema.inputs.values import or_none, sent_values
from schema.types.invoice import Invoice
from schema.types.order import Order
from schema.types.payment import Payment, PaymentMethod


@strawberry.type
class RecordPaymentPayload:
    payment: Payment = strawberry.field(description="The recorded payment.")
    order: Order | None = strawberry.field(description="The order that it was made on.")
    invoice: Invoice | None = strawberry.field(description="Or the invoice.")


@strawberry.type
class SettleInvoicePayload:
    payment: Payment = strawberry.field(description="The charge: PAID, FAILED, or PENDING for a while.")
    invoice: Invoice = strawberry.field(description="The invoice as it is now.")


@strawberry.type
class SettleInvoiceManuallyPayload:
    payment: Payment = strawberry.field(description="The recorded payment.")
    invoice: Invoice = strawberry.field(description="The invoice as it is now.")


@strawberry.type
class RefundPaymentPayload:
    refund: Payment = strawberry.field(description="The refund: PAID, FAILED, or PENDING for a while.")
    payment: Payment = strawberry.field(description="The payment that it pays back.")


@strawberry.type
class ApplyCreditPayload:
    invoice: Invoice = strawberry.field(description="The invoice that owed, as it is now.")
    to_invoice: Invoice = strawberry.field(description="The invoice that was paid with it.")


@strawberry.type
class AddPaymentMethodPayload:
    payment_method: PaymentMethod = strawberry.field(description="Ready to be charged.")


@strawberry.type
class RemovePaymentMethodPayload:
    payment_method: PaymentMethod = strawberry.field(description="It is charged no more.")


@strawberry.type
class PaymentMutations:
    @strawberry.mutation(
        name="recordPayment",
        description="Records a payment that was made elsewhere, on an order or on an invoice.",
    )
    async def record_payment(self, info: Info, input: RecordPaymentInput) -> RecordPaymentPayload:
        row, order, invoice = await payments.record_payment(
            info.context, sent_values(input, RecordPaymentValues)
        )
        return RecordPaymentPayload(
            payment=Payment.of(row),
            order=Order.of(order) if order else None,
            invoice=Invoice.of(invoice) if invoice else None,
        )

    @strawberry.mutation(
        name="settleInvoice",
        description="Charges a payment method of the customer for all that is outstanding on an invoice. "
        "A charge that fails leaves it FAILED: payable later.",
    )
    async def settle_invoice(self, info: Info, input: SettleInvoiceInput) -> SettleInvoicePayload:
        row, invoice = await payments.settle_invoice(
            info.context, input.id, or_none(input.payment_method), or_none(input.idempotency_key)
        )
        return SettleInvoicePayload(payment=Payment.of(row), invoice=Invoice.of(invoice))

    @strawberry.mutation(
        name="settleInvoiceManually",
        description="Records that all that is outstanding on an invoice was paid without a gateway.",
    )
    async def settle_invoice_manually(
        self, info: Info, input: SettleInvoiceManuallyInput
    ) -> SettleInvoiceManuallyPayload:
        transfer = sent_values(input, ManualTransferValues, but=("id", "idempotency_key"))
        key = or_none(input.idempotency_key)
        row, invoice = await payments.settle_invoice_manually(info.context, input.id, transfer, key)
        return SettleInvoiceManuallyPayload(payment=Payment.of(row), invoice=Invoice.of(invoice))

    @strawberry.mutation(name="refundPayment", description="Pays back all or part of a payment.")
    async def refund_payment(self, info: Info, input: RefundPaymentInput) -> RefundPaymentPayload:
        values = sent_values(input, RefundPaymentValues, but=("payment_id",))
        refund, payment = await payments.refund_payment(info.context, input.payment_id, values)
        return RefundPaymentPayload(refund=Payment.of(refund), payment=Payment.of(payment))

    @strawberry.mutation(
        name="applyCredit",
        description="Sets off what a credit invoice owes, or what was overpaid on an invoice, against "
        "another open invoice of the same customer: a refund there and a payment here, by SET_OFF.",
    )
    async def apply_credit(self, info: Info, input: ApplyCreditInput) -> ApplyCreditPayload:
        invoice, to_invoice = await payments.apply_credit(
            info.context,
            input.invoice_id,
            input.to_invoice_id,
            or_none(input.amount),
            input.idempotency_key,
        )
        return ApplyCreditPayload(invoice=Invoice.of(invoice), to_invoice=Invoice.of(to_invoice))

    @strawberry.mutation(
        name="addPaymentMethod",
        description=(
            "Keeps a payment method of a customer that the gateway knows, so that it can be charged."
        ),
    )
    async def add_payment_method(self, info: Info, input: AddPaymentMethodInput) -> AddPaymentMethodPayload:
        row = await payments.add_payment_method(
            info.context,
            or_none(input.customer_id),
            or_none(input.customer_handle),
            input.gateway,
            input.reference,
        )
        return AddPaymentMethodPayload(payment_method=PaymentMethod.of(row))

    @strawberry.mutation(
        name="removePaymentMethod", description="Removes a payment method: it is not charged any more."
    )
    async def remove_payment_method(
        self, info: Info, input: RemovePaymentMethodInput
    ) -> RemovePaymentMethodPayload:
        row = await payments.remove_payment_method(info.context, input.id)
        return RemovePaymentMethodPayload(payment_method=PaymentMethod.of(row))
