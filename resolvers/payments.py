"""Payments, refunds, payment methods, and what is paid of orders and invoices."""

from __future__ import annotations

from collections.abc import Sequence

from invoicing.access import Scope
from invoicing.audit.actions import AuditAction
from invoicing.audit.subjects import AuditSubjectType, Subject
from invoicing.customers import details
from invoicing.invoices import paid_orders, queries
from invoicing.invoices import refund as invoice_refund
from invoicing.invoices.queries import Issued
from invoicing.invoices.refund import RefundAmount
from invoicing.ledger import entries
from invoicing.ledger.balances import Balance
from invoicing.ledger.reimbursement import Reimbursement
from invoicing.orders import actions
from invoicing.orders.intake import find_order
from invoicing.payments import charges, manual, methods, refunds, set_off
from invoicing.payments.charges import PendingPayment
from invoicing.payments.values import ManualTransferValues, RecordPaymentValues, RefundPaymentValues
from invoicing.storage.tables import Order, Payment, PaymentMethod
from resolvers import orders
from resolvers.context import About, Context


async def record_payment(
    ctx: Context, values: RecordPaymentValues
) -> tuple[Payment, Order | None, Issued | None]:
    """The payment, and the order or the invoice that it was made on."""
    ctx.principal.require(Scope.PAYMENTS_WRITE)
    payment = await ctx.write(
        AuditAction.RECORD_PAYMENT, manual.record_payment, ctx.principal, values, now=ctx.now()
    )
    if payment.order_id is not None:
        return payment, await ctx.read(find_order, ctx.principal, payment.order_id), None
    return payment, None, await _invoice(ctx, str(payment.invoice_id))


async def settle_invoice(
    ctx: Context, invoice_id: str, payment_method: str | None, key: str | None
) -> tuple[Payment, Issued]:
    """The charge, and the invoice after it."""
    ctx.principal.require(Scope.PAYMENTS_WRITE)
    pending = await ctx.write(
        AuditAction.SETTLE_INVOICE,
        charges.begin_charge,
        ctx.principal,
        invoice_id,
        payment_method,
        gateways=ctx.services.gateways.names,
        key=key,
        now=ctx.now(),
    )
    payment = await carry_out(ctx, pending)
    return payment, await _invoice(ctx, invoice_id)


async def settle_invoice_manually(
    ctx: Context, invoice_id: str, transfer: ManualTransferValues, key: str | None
) -> tuple[Payment, Issued]:
    """The payment, and the invoice after it."""
    ctx.principal.require(Scope.PAYMENTS_WRITE)
    payment = await ctx.write(
        AuditAction.SETTLE_INVOICE_MANUALLY,
        manual.settle_invoice_manually,
        ctx.principal,
        invoice_id,
        transfer,
        key=key,
        now=ctx.now(),
    )
    return payment, await _invoice(ctx, invoice_id)


async def refund_payment(
    ctx: Context, payment_id: str, values: RefundPaymentValues
) -> tuple[Payment, Payment]:
    """The refund, and the payment that it pays back."""
    ctx.principal.require(Scope.PAYMENTS_WRITE)
    pending = await ctx.write(
        AuditAction.REFUND_PAYMENT,
        refunds.begin_refund,
        ctx.principal,
        payment_id,
        values,
        gateways=ctx.services.gateways.names,
        now=ctx.now(),
    )
    refund = await carry_out(ctx, pending)
    return refund, await ctx.read(entries.payment, ctx.principal.account_id, payment_id)


async def apply_credit(
    ctx: Context, invoice_id: str, to_invoice_id: str, amount: int | None, key: str
) -> tuple[Issued, Issued]:
    """Both invoices after one was set off against the other."""
    ctx.principal.require(Scope.PAYMENTS_WRITE)
    source = Subject(AuditSubjectType.INVOICE, invoice_id)
    await ctx.write(
        About(AuditAction.APPLY_CREDIT, source),
        set_off.apply_credit,
        ctx.principal,
        invoice_id,
        to_invoice_id,
        amount,
        key=key,
        now=ctx.now(),
    )
    return await _invoice(ctx, invoice_id), await _invoice(ctx, to_invoice_id)


async def refund_invoice(
    ctx: Context,
    invoice_id: str,
    amount: RefundAmount,
    *,
    key: str,
    reason: str | None = None,
    transfer: ManualTransferValues | None = None,
) -> tuple[Issued, list[Payment]]:
    """The credit invoice for what goes back, and its refunds."""
    ctx.principal.require(Scope.INVOICES_WRITE)
    ctx.principal.require(Scope.PAYMENTS_WRITE)
    repaid = await ctx.write(
        AuditAction.REFUND_INVOICE,
        invoice_refund.refund_invoice,
        ctx.principal,
        invoice_id,
        amount,
        key=key,
        reason=reason,
        transfer=transfer,
        gateways=ctx.services.gateways.names,
        now=ctx.now(),
    )
    made = [await carry_out(ctx, pending) for pending in repaid.begun]
    return await _invoice(ctx, repaid.credit.id), made


async def carry_out(ctx: Context, pending: PendingPayment) -> Payment:
    """Has a gateway move the money of a recorded payment. Returns it, PENDING if there is no answer yet."""
    if pending.is_known or (outcome := await ctx.services.gateways.carry_out(pending)) is None:
        return pending.payment
    return await ctx.write(
        AuditAction.RESOLVE_PAYMENT,
        charges.resolve,
        ctx.principal.account_id,
        pending.payment.id,
        outcome.status,
        reference=outcome.reference,
        error=outcome.error,
        is_method_spent=outcome.is_method_spent,
        now=ctx.now(),
    )


async def add_payment_method(
    ctx: Context, customer_id: str | None, customer_handle: str | None, gateway: str, reference: str
) -> PaymentMethod:
    ctx.principal.require(Scope.PAYMENTS_WRITE)
    owner = await ctx.read(details.find_customer, ctx.principal, id=customer_id, handle=customer_handle)
    accepted = await ctx.services.gateways.find_method(gateway, reference, owner)
    return await ctx.write(
        AuditAction.ADD_PAYMENT_METHOD,
        methods.add_payment_method,
        ctx.principal,
        owner.id,
        gateway=gateway,
        reference=accepted.reference,
        gateway_customer=accepted.customer,
        label=accepted.label,
        now=ctx.now(),
    )


async def remove_payment_method(ctx: Context, method_id: str) -> PaymentMethod:
    ctx.principal.require(Scope.PAYMENTS_WRITE)
    return await ctx.write(
        AuditAction.REMOVE_PAYMENT_METHOD, methods.remove_payment_method, ctx.principal, method_id
    )


async def balance_of(ctx: Context, invoice: Issued) -> Balance:
    """What was paid of an invoice."""
    ctx.principal.require(Scope.INVOICES_READ)
    found = await ctx.loaders.balance.load(invoice.id)
    return found or Balance(invoice.id, invoice.state, invoice.is_including_vat, Reimbursement(invoice.due))


async def of_invoice(ctx: Context, invoice_id: str) -> Sequence[Payment]:
    """The payments and refunds that concern an invoice, oldest first."""
    ctx.principal.require(Scope.INVOICES_READ)
    return await ctx.loaders.payments_of_invoice.load(invoice_id) or []


async def of_order(ctx: Context, order_id: str) -> Sequence[Payment]:
    """The payments and refunds on an order and on its invoices, oldest first."""
    ctx.principal.require(Scope.INVOICES_READ)
    return await ctx.loaders.payments_of_order.load(order_id) or []


async def methods_of(ctx: Context, customer_id: str) -> Sequence[PaymentMethod]:
    ctx.principal.require(Scope.CUSTOMERS_READ)
    return await ctx.loaders.payment_methods.load(customer_id) or []


async def is_closed(ctx: Context, order: Order) -> bool:
    """Whether nothing is left to do with its items, and all their invoices and credits are settled."""
    items = await orders.items(ctx, order)
    if not actions.is_done(items):  # saves the statement that looks for its invoices
        return False
    return actions.is_closed(items, await ctx.loaders.unsettled.load(order.id) or ())


async def is_paid(ctx: Context, order: Order) -> bool:
    """Whether its invoices are settled, and what is not invoiced yet was paid on the order."""
    return paid_orders.is_paid(
        order,
        await orders.items(ctx, order),
        unsettled=await ctx.loaders.unsettled.load(order.id) or (),
        prepaid=await ctx.loaders.prepaid.load(order.id) or 0,
    )


async def _invoice(ctx: Context, invoice_id: str) -> Issued:
    """The invoice now. No scope is needed: whoever moved its money may see what that did."""
    return await ctx.read(queries.found_invoice, ctx.principal, invoice_id)
