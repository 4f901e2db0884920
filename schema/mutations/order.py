"""The changes of orders and their items."""

import strawberry

from invoicing.orders.actions import Action
from invoicing.orders.returns import Contra
from invoicing.orders.values import CreateOrderValues, UpdateOrderValues
from invoicing.storage import tables
from resolvers import orders
from schema.info import Info
from schema.inputs.order import (
    CancelOrderItemsInput,
    ContraItemInput,
    CreateOrderInput,
    CreateOrdersInput,
    HandleOrderItemsInput,
    ReturnOrderItemsInput,
    ShipOrderItemsInput,
    UpdateOrderInput,
)
from schema.inputs.values import or_none, sent_values
from schema.types.order import Order
from schema.types.order_item import OrderItem
from schema.types.refusal import Refusal


@strawberry.type
class CreateOrderPayload:
    order: Order = strawberry.field(description="The new order.")


@strawberry.type(description="An order that was taken in, or why it was not.")
class CreateOrderResult:
    order: Order | None = strawberry.field(description="The new order; null if it was refused.")
    refusal: Refusal | None = strawberry.field(description="Why there is none; null if there is one.")


@strawberry.type
class CreateOrdersPayload:
    results: list[CreateOrderResult] = strawberry.field(
        description="One for each of the input, in its order."
    )


@strawberry.type
class UpdateOrderPayload:
    order: Order = strawberry.field(description="The order as it is now.")


@strawberry.type
class ShipOrderItemsPayload:
    order: Order = strawberry.field(description="The order as it is now.")
    items: list[OrderItem] = strawberry.field(description="What was shipped; parts with the ids they got.")


@strawberry.type
class CancelOrderItemsPayload:
    order: Order = strawberry.field(description="The order as it is now.")
    contra_items: list[OrderItem] = strawberry.field(
        description=(
            "The contra items, which undo invoiced items and are to be invoiced in turn. Items "
            "that were never invoiced have none."
        )
    )


@strawberry.type
class ReturnOrderItemsPayload:
    order: Order = strawberry.field(description="The order as it is now.")
    contra_items: list[OrderItem] = strawberry.field(
        description=(
            "The contra items, which undo invoiced items and are to be invoiced in turn. Items "
            "that were never invoiced have none."
        )
    )


@strawberry.type
class HandleOrderItemsPayload:
    order: Order = strawberry.field(description="The order as it is now: its actions tell the next step.")


@strawberry.type
class OrderMutations:
    @strawberry.mutation(name="createOrder", description="Adds an order.")
    async def create_order(self, info: Info, input: CreateOrderInput) -> CreateOrderPayload:
        row = await orders.create_order(info.context, sent_values(input, CreateOrderValues))
        return CreateOrderPayload(order=Order.of(row))

    @strawberry.mutation(
        name="createOrders",
        description="Adds up to 100 orders. One that is refused keeps none of the others from being taken "
        "in; to send the same again is safe where each has an idempotency_key or an id.",
    )
    async def create_orders(self, info: Info, input: CreateOrdersInput) -> CreateOrdersPayload:
        asked = [sent_values(each, CreateOrderValues) for each in input.orders]
        outcomes = await orders.create_orders(info.context, asked)
        return CreateOrdersPayload(
            results=[
                CreateOrderResult(order=None, refusal=Refusal.of(made, info, at=f"orders.{place}"))
                if isinstance(made, BaseException)
                else CreateOrderResult(order=Order.of(made), refusal=None)
                for place, made in enumerate(outcomes)
            ]
        )

    @strawberry.mutation(
        name="updateOrder",
        description=(
            "Changes the billing, shipping and references of an order, for what is still to be invoiced."
        ),
    )
    async def update_order(self, info: Info, input: UpdateOrderInput) -> UpdateOrderPayload:
        row = await orders.update_order(info.context, input.id, sent_values(input, UpdateOrderValues))
        return UpdateOrderPayload(order=Order.of(row))

    @strawberry.mutation(
        name="shipOrderItems", description="Marks items as shipped, whole or part of their quantity."
    )
    async def ship_order_items(self, info: Info, input: ShipOrderItemsInput) -> ShipOrderItemsPayload:
        parcels = [(item.item_id, or_none(item.quantity)) for item in input.items]
        row, shipped = await orders.ship_order_items(
            info.context, input.order_id, parcels, or_none(input.shipped_at)
        )
        return ShipOrderItemsPayload(order=Order.of(row), items=await _show_items(info, row, shipped))

    @strawberry.mutation(
        name="cancelOrderItems",
        description="Cancels items before shipment, whole or part of their quantity. "
        "What was invoiced gets a contra item, to be invoiced in turn.",
    )
    async def cancel_order_items(self, info: Info, input: CancelOrderItemsInput) -> CancelOrderItemsPayload:
        row, made = await orders.undo_order_items(
            info.context, Action.CANCEL, input.order_id, _contra_items(input.items)
        )
        return CancelOrderItemsPayload(order=Order.of(row), contra_items=await _show_items(info, row, made))

    @strawberry.mutation(
        name="returnOrderItems",
        description="Takes items back after shipment, whole or part of their quantity. "
        "What was invoiced gets a contra item, to be invoiced in turn.",
    )
    async def return_order_items(self, info: Info, input: ReturnOrderItemsInput) -> ReturnOrderItemsPayload:
        row, made = await orders.undo_order_items(
            info.context, Action.RETURN, input.order_id, _contra_items(input.items)
        )
        return ReturnOrderItemsPayload(order=Order.of(row), contra_items=await _show_items(info, row, made))

    @strawberry.mutation(name="receiveOrderItems", description="Records that returned items have arrived.")
    async def receive_order_items(self, info: Info, input: HandleOrderItemsInput) -> HandleOrderItemsPayload:
        return await _handle_items(info, Action.HANDLE_RECEIPT, input)

    @strawberry.mutation(name="approveOrderItems", description="Approves contra items: they may be credited.")
    async def approve_order_items(self, info: Info, input: HandleOrderItemsInput) -> HandleOrderItemsPayload:
        return await _handle_items(info, Action.HANDLE_APPROVAL, input)

    @strawberry.mutation(
        name="finishOrderItems", description="Finishes contra items: they are ready to be invoiced."
    )
    async def finish_order_items(self, info: Info, input: HandleOrderItemsInput) -> HandleOrderItemsPayload:
        return await _handle_items(info, Action.HANDLE_FINISH, input)


def _contra_items(items: list[ContraItemInput]) -> list[Contra]:
    return [Contra(**sent_values(item)) for item in items]


async def _handle_items(info: Info, action: Action, input: HandleOrderItemsInput) -> HandleOrderItemsPayload:
    row = await orders.handle_order_items(info.context, action, input.order_id, input.items)
    return HandleOrderItemsPayload(order=Order.of(row))


async def _show_items(info: Info, order: tables.Order, rows: list[tables.OrderItem]) -> list[OrderItem]:
    """These items of an order, with the VAT that they share with the others."""
    items = await orders.items(info.context, order)
    shown = OrderItem.list_of(order, items)
    wanted = {row.id for row in rows}
    return [shown[place] for place, item in enumerate(items) if item.id in wanted]
