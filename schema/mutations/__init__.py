"""The changes: one input and one payload each."""

from __future__ import annotations

import strawberry

from invoicing.invoices.credit import LineCredit
from invoicing.orders.actions import Action
from invoicing.orders.returns import Contra
from invoicing.storage import tables
from resolvers import accounts, customers, invoices, orders
from schema.info import Info
from schema.inputs.invoice import (
    CreditInvoiceInput,
    CreditInvoicePayload,
    InvoiceItemsInput,
    InvoiceItemsPayload,
    InvoiceOrderInput,
    InvoiceOrderPayload,
    RetryInvoicePdfInput,
    RetryInvoicePdfPayload,
)
from schema.inputs.one_time import CreateInvoiceInput, CreateInvoicePayload
from schema.inputs.order import (
    CancelOrderItemsInput,
    CancelOrderItemsPayload,
    ContraItemInput,
    CreateOrderInput,
    CreateOrderPayload,
    HandleOrderItemsInput,
    HandleOrderItemsPayload,
    ReturnOrderItemsInput,
    ReturnOrderItemsPayload,
    ShipOrderItemsInput,
    ShipOrderItemsPayload,
    UpdateOrderInput,
    UpdateOrderPayload,
)
from schema.inputs.values import given, or_none
from schema.mutations.payment import PaymentMutations
from schema.mutations.webhook import WebhookMutations
from schema.types.account import (
    Account,
    ApiKey,
    CreateApiKeyInput,
    CreateApiKeyPayload,
    RevokeApiKeyInput,
    RevokeApiKeyPayload,
    UpdateAccountInput,
    UpdateAccountPayload,
)
from schema.types.customer import (
    CreateCustomerInput,
    CreateCustomerPayload,
    Customer,
    UpdateCustomerInput,
    UpdateCustomerPayload,
)
from schema.types.invoice import Invoice
from schema.types.order import Order, OrderItem
from schema.types.session import SessionMutations


@strawberry.type
class Mutation(PaymentMutations, SessionMutations, WebhookMutations):
    @strawberry.mutation(name="createCustomer", description="Adds a customer.")
    async def create_customer(self, info: Info, input: CreateCustomerInput) -> CreateCustomerPayload:
        row = await customers.create_customer(info.context, given(input))
        return CreateCustomerPayload(customer=Customer.of(row))

    @strawberry.mutation(
        name="updateCustomer",
        description="Changes what is given; issued invoices keep the buyer they were issued to.",
    )
    async def update_customer(self, info: Info, input: UpdateCustomerInput) -> UpdateCustomerPayload:
        row = await customers.update_customer(info.context, given(input))
        return UpdateCustomerPayload(customer=Customer.of(row))

    @strawberry.mutation(
        name="updateAccount", description="Changes what is given of the seller's own settings."
    )
    async def update_account(self, info: Info, input: UpdateAccountInput) -> UpdateAccountPayload:
        row = await accounts.update_account(info.context, given(input))
        return UpdateAccountPayload(account=Account.of(row))

    @strawberry.mutation(name="createOrder", description="Takes an order in.")
    async def create_order(self, info: Info, input: CreateOrderInput) -> CreateOrderPayload:
        row = await orders.create_order(info.context, given(input))
        return CreateOrderPayload(order=Order.of(row))

    @strawberry.mutation(
        name="updateOrder",
        description="Changes billing, shipping and references of what is still to be invoiced.",
    )
    async def update_order(self, info: Info, input: UpdateOrderInput) -> UpdateOrderPayload:
        row = await orders.update_order(info.context, input.id, given(input))
        return UpdateOrderPayload(order=Order.of(row))

    @strawberry.mutation(
        name="shipOrderItems", description="Marks items as shipped, whole or part of their quantity."
    )
    async def ship_order_items(self, info: Info, input: ShipOrderItemsInput) -> ShipOrderItemsPayload:
        parcels = [(item.item_id, or_none(item.quantity)) for item in input.items]
        row, shipped = await orders.ship_order_items(
            info.context, input.order_id, parcels, or_none(input.shipped_at)
        )
        return ShipOrderItemsPayload(order=Order.of(row), items=await _shown(info, row, shipped))

    @strawberry.mutation(
        name="cancelOrderItems",
        description="Cancels items before shipment, whole or part of their quantity. "
        "What was invoiced gets a contra item, to be invoiced in turn.",
    )
    async def cancel_order_items(self, info: Info, input: CancelOrderItemsInput) -> CancelOrderItemsPayload:
        row, made = await orders.undo_order_items(
            info.context, Action.CANCEL, input.order_id, _contras(input.items)
        )
        return CancelOrderItemsPayload(order=Order.of(row), contra_items=await _shown(info, row, made))

    @strawberry.mutation(
        name="returnOrderItems",
        description="Takes items back after shipment, whole or part of their quantity. "
        "What was invoiced gets a contra item, to be invoiced in turn.",
    )
    async def return_order_items(self, info: Info, input: ReturnOrderItemsInput) -> ReturnOrderItemsPayload:
        row, made = await orders.undo_order_items(
            info.context, Action.RETURN, input.order_id, _contras(input.items)
        )
        return ReturnOrderItemsPayload(order=Order.of(row), contra_items=await _shown(info, row, made))

    @strawberry.mutation(name="receiveOrderItems", description="Returned items have arrived.")
    async def receive_order_items(self, info: Info, input: HandleOrderItemsInput) -> HandleOrderItemsPayload:
        return await _handled(info, Action.HANDLE_RECEIPT, input)

    @strawberry.mutation(name="approveOrderItems", description="Contra items may be credited.")
    async def approve_order_items(self, info: Info, input: HandleOrderItemsInput) -> HandleOrderItemsPayload:
        return await _handled(info, Action.HANDLE_APPROVAL, input)

    @strawberry.mutation(name="finishOrderItems", description="Contra items are ready to be invoiced.")
    async def finish_order_items(self, info: Info, input: HandleOrderItemsInput) -> HandleOrderItemsPayload:
        return await _handled(info, Action.HANDLE_FINISH, input)

    @strawberry.mutation(
        name="invoiceItems",
        description="Puts items on an invoice: of several orders, if they are one customer's.",
    )
    async def invoice_items(self, info: Info, input: InvoiceItemsInput) -> InvoiceItemsPayload:
        row = await invoices.invoice_items(info.context, input.items, or_none(input.invoice_id))
        return InvoiceItemsPayload(invoice=Invoice.of(row))

    @strawberry.mutation(
        name="invoiceOrder",
        description="Puts everything on the order that can be invoiced now on an invoice.",
    )
    async def invoice_order(self, info: Info, input: InvoiceOrderInput) -> InvoiceOrderPayload:
        row = await invoices.invoice_order(info.context, input.order_id, or_none(input.invoice_id))
        return InvoiceOrderPayload(invoice=Invoice.of(row))

    @strawberry.mutation(
        name="createInvoice", description="A one-time invoice for a customer, with lines of its own."
    )
    async def create_invoice(self, info: Info, input: CreateInvoiceInput) -> CreateInvoicePayload:
        row = await invoices.create_invoice(info.context, given(input))
        return CreateInvoicePayload(invoice=Invoice.of(row))

    @strawberry.mutation(name="creditInvoice", description="Credits lines of an invoice, or all of it.")
    async def credit_invoice(self, info: Info, input: CreditInvoiceInput) -> CreditInvoicePayload:
        lines = or_none(input.lines)
        row = await invoices.credit_invoice(
            info.context,
            input.invoice_id,
            None if lines is None else [LineCredit(**given(line)) for line in lines],
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

    @strawberry.mutation(
        name="createApiKey", description="Makes an API key. The token is in the answer, and never again."
    )
    async def create_api_key(self, info: Info, input: CreateApiKeyInput) -> CreateApiKeyPayload:
        row, token = await accounts.create_api_key(info.context, input.name, input.scopes)
        return CreateApiKeyPayload(api_key=ApiKey.of(row), token=token)

    @strawberry.mutation(
        name="revokeApiKey", description="Ends an API key: at once on this server, within a second on others."
    )
    async def revoke_api_key(self, info: Info, input: RevokeApiKeyInput) -> RevokeApiKeyPayload:
        return RevokeApiKeyPayload(api_key=ApiKey.of(await accounts.revoke_api_key(info.context, input.id)))


def _contras(items: list[ContraItemInput]) -> list[Contra]:
    return [Contra(**given(item)) for item in items]


async def _handled(info: Info, action: Action, input: HandleOrderItemsInput) -> HandleOrderItemsPayload:
    row = await orders.handle_order_items(info.context, action, input.order_id, input.items)
    return HandleOrderItemsPayload(order=Order.of(row))


async def _shown(info: Info, order: tables.Order, rows: list[tables.OrderItem]) -> list[OrderItem]:
    """Some of an order's items, as they stand among the others."""
    shown = OrderItem.list_of(order, await orders.items(info.context, order))
    wanted = {row.id for row in rows}
    return [item for item in shown if item.id in wanted]
