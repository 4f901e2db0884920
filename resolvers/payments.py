"""Money: what was paid, what is to be charged, what goes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from invoicing.access import Scope
from invoicing.customers import details
from invoicing.invoices import paid_orders, queries
from invoicing.invoices import refund as repaying
from invoicing.invoices.queries import Issued
from invoicing.invoices.refund import Asked
from invoicing.ledger import entries
from invoicing.ledger.balances import Balance
from invoicing.ledger.reimbursement import Reimbursement
from invoicing.orders import actions
from invoicing.orders.intake import find_order
from invoicing.payments import charges, manual, methods
from invoicing.payments import refunds as refunding
from invoicing.payments.charges import PendingPayment
from invoicing.storage.tables import Order, Payment, PaymentMethod
from resolvers import orders
from resolvers.context import Context


async def record_payment(
    ctx: Context, values: Mapping[str, Any]
) -> tuple[Payment, Order | None, Issued | None]:
    """The payment, and what it was made on."""
    ctx.principal.require(Scope.PAYMENTS_WRITE)
    payment = await ctx.write(manual.record_payment, ctx.principal, values, now=ctx.now())
    if payment.order_id is not None:
        return payment, await ctx.read(find_order, ctx.principal, payment.order_id), None
    return payment, None, await _invoice(ctx, str(payment.invoice_id))


async def settle_invoice(
    ctx: Context, invoice_id: str, payment_method: str | None, key: str | None
) -> tuple[Payment, Issued]:
    """The charge, and the invoice after it."""
    ctx.principal.require(Scope.PAYMENTS_WRITE)
    begun = await ctx.write(
        charges.begin_charge,
        ctx.principal,
        invoice_id,
        payment_method,
        gateways=ctx.gateways.names,
        key=key,
        now=ctx.now(),
    )
    payment = await carried_out(ctx, begun)
    return payment, await _invoice(ctx, invoice_id)


async def settle_invoice_manually(
    ctx: Context, invoice_id: str, transfer: Mapping[str, Any], key: str | None
) -> tuple[Payment, Issued]:
    """The payment, and the invoice after it."""
    ctx.principal.require(Scope.PAYMENTS_WRITE)
    payment = await ctx.write(
        manual.settle_invoice_manually, ctx.principal, invoice_id, transfer, key=key, now=ctx.now()
    )
    return payment, await _invoice(ctx, invoice_id)


async def refund_payment(ctx: Context, payment_id: str, values: Mapping[str, Any]) -> tuple[Payment, Payment]:
    """The refund, and the payment that it pays back."""
    ctx.principal.require(Scope.PAYMENTS_WRITE)
    begun = await ctx.write(
        refunding.begin_refund,
        ctx.principal,
        payment_id,
        values,
        gateways=ctx.gateways.names,
        now=ctx.now(),
    )
    refund = await carried_out(ctx, begun)
    return refund, await ctx.read(entries.payment, ctx.principal.account_id, payment_id)


async def refund_invoice(
    ctx: Context,
    invoice_id: str,
    asked: Asked,
    *,
    key: str,
    reason: str | None = None,
    transfer: Mapping[str, Any] | None = None,
) -> tuple[Issued, list[Payment]]:
    """The credit invoice for what goes back, and its refunds."""
    ctx.principal.require(Scope.INVOICES_WRITE)
    ctx.principal.require(Scope.PAYMENTS_WRITE)
    repaid = await ctx.write(
        repaying.refund_invoice,
        ctx.principal,
        invoice_id,
        asked,
        key=key,
        reason=reason,
        transfer=transfer,
        gateways=ctx.gateways.names,
        now=ctx.now(),
    )
    refunds = [await carried_out(ctx, begun) for begun in repaid.begun]
    return await _invoice(ctx, repaid.credit.id), refunds


async def carried_out(ctx: Context, begun: PendingPayment) -> Payment:
    """What the gateway says to a payment that is written down; PENDING if it does not say."""
    if begun.is_known or (outcome := await ctx.gateways.carry_out(begun)) is None:
        return begun.payment
    return await ctx.write(
        charges.resolve,
        ctx.principal.account_id,
        begun.payment.id,
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
    accepted = await ctx.gateways.method(gateway, reference, owner)
    return await ctx.write(
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
    return await ctx.write(methods.remove_payment_method, ctx.principal, method_id)


async def balance(ctx: Context, invoice: Issued) -> Balance:
    """Where the payment of an invoice stands."""
    ctx.principal.require(Scope.INVOICES_READ)
    found = await ctx.loaders.balance.load(invoice.id)
    return found or Balance(invoice.id, invoice.state, Reimbursement(invoice.total))


async def of_invoice(ctx: Context, invoice_id: str) -> Sequence[Payment]:
    ctx.principal.require(Scope.INVOICES_READ)
    return await ctx.loaders.payments_of_invoice.load(invoice_id) or []


async def of_order(ctx: Context, order_id: str) -> Sequence[Payment]:
    ctx.principal.require(Scope.INVOICES_READ)
    return await ctx.loaders.payments_of_order.load(order_id) or []


async def methods_of(ctx: Context, customer_id: str) -> Sequence[PaymentMethod]:
    ctx.principal.require(Scope.CUSTOMERS_READ)
    return await ctx.loaders.payment_methods.load(customer_id) or []


async def is_closed(ctx: Context, order: Order) -> bool:
    """Everything is done with its items, and every invoice and credit invoice with them is settled."""
    items = await orders.items(ctx, order)
    if not actions.is_done(items):  # then no statement is spent on its invoices
        return False
    return actions.is_closed(items, await ctx.loaders.unsettled.load(order.id) or ())


async def is_paid(ctx: Context, order: Order) -> bool:
    """Its invoices are settled, and what is not invoiced yet was paid on the order."""
    return paid_orders.is_paid(
        order,
        await orders.items(ctx, order),
        unsettled=await ctx.loaders.unsettled.load(order.id) or (),
        prepaid=await ctx.loaders.prepaid.load(order.id) or 0,
    )


async def _invoice(ctx: Context, invoice_id: str) -> Issued:
    """As it is now: whoever moved money on it may see what that did."""
    return await ctx.read(queries.found_invoice, ctx.principal, invoice_id)
