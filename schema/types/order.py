"""Orders as the API shows them, and what can be done with their items."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import partial

import strawberry
from strawberry.scalars import JSON

from invoicing.orders.actions import Blocked, ItemActions, Possible
from invoicing.orders.items import counted, totals
from invoicing.storage import tables
from invoicing.vat.arithmetic import Totals
from resolvers import customers, invoices, orders, payments
from schema.hints import ROWS, SHAPE, TOGETHER, needs
from schema.info import Info
from schema.types.customer import Customer, customers_of
from schema.types.enums import (
    BlockReason,
    OrderActionType,
    OrderStatus,
)
from schema.types.lists import AfterId, LazyList, Some, part
from schema.types.node import Node
from schema.types.order_item import IS_APPLIED, OF_VAT, LazyInvoice, OrderItem
from schema.types.payment import Payment
from schema.types.scalars import Currency, Money
from schema.types.shared import Address, VatAmount
from schema.types.stored import column, of_row, showing


@of_row
@strawberry.type(description="An action, and the items it can be done to now.")
class OrderAction:
    row: strawberry.Private[Possible]
    action: OrderActionType = column("What can be done.")
    ids: list[strawberry.ID] = column("The items it can be done to: never empty.")


@of_row
@strawberry.type(description="An item for which an action is not possible now, and why.")
class BlockedItem:
    row: strawberry.Private[Blocked]
    action: OrderActionType = column("What cannot be done.")
    id: strawberry.ID = column("The item's id.")
    reason: BlockReason = column("Why, for programs.")
    message: str = column("Why, for people.")


_OF_DONE = IS_APPLIED | {"shipped_at"}
_OF_TOTALS = needs("is_including_vat", OrderItem=OF_VAT)
_OF_ACTIONS = needs(
    "invoice_after_shipment",
    "billing_address",
    "shipping_address",
    "vat_number",
    "vat_country",
    "delivery_date",
    OrderItem=IS_APPLIED
    | {"shipped_at", "received_at", "approved_at", "finished_at", "vat_category", "supply", "service_period"},
    Account=frozenset(("legal_name", "address", "vat_number", "vat_country", "tax_number")),
    Customer=frozenset(("billing_address", "shipping_address", "registration_number", "vat_country")),
)
"""What `invoicing.orders.actions` and `invoicing.orders.lawful` look at."""


@of_row
@strawberry.type(description="An order, as the shop's back office pushed it in.")
class Order(Node):
    row: strawberry.Private[tables.Order]
    sums: strawberry.Private[Totals | None] = None
    item_actions: strawberry.Private[ItemActions | None] = None
    id: strawberry.ID = column("The caller's own id for it, or a UUID.")
    number: str = column("What its customer knows it by.")
    currency: Currency = column("Of all its amounts.")
    is_including_vat: bool = column("Whether the items' prices contain VAT.")
    total: Money = column("What the customer pays, with VAT.")
    invoice_after_shipment: bool = column("Items become invoiceable only once shipped.")
    billing_name: str | None = column("Who is invoiced, where it is not the customer.")
    billing_address: Address | None = column("Where its invoice goes.", Address.or_none)
    vat_number: str | None = column("The buyer's VAT number, where it is not the customer's.")
    shipping_address: Address | None = column("Where its goods go.", Address.or_none)
    purchase_order_number: str | None = column("The buyer's number for it (BT-13).")
    buyer_reference: str | None = column("What the buyer wants to see on the invoice (BT-10).")
    delivery_date: date | None = column("When it was or will be delivered (BT-72).")
    payment_terms_days: int | None = column(
        "In how many days its invoices are to be paid; the customer's or the account's when null."
    )
    metadata: JSON = column("Any data of the caller's own.", name="meta")
    created_at: datetime = column("When it came in.")
    updated_at: datetime = column("When it last changed.")

    @strawberry.field(
        description=(
            "CLOSED once every item is shipped and invoiced, or undone and credited, and every "
            "invoice was paid in full and every credit invoice refunded or set off. OPEN again "
            "when a return begins. An overpayment does not keep an order OPEN, and a refund "
            "without a credit invoice does not open it again."
        ),
        metadata=needs(OrderItem=_OF_DONE),
    )
    async def status(self, info: Info) -> OrderStatus:
        closed = await payments.is_closed(info.context, self.row)
        return OrderStatus.CLOSED if closed else OrderStatus.OPEN

    @strawberry.field(
        description="Who ordered; null on a guest's order.",
        metadata={TOGETHER: customers_of, **needs("customer_id")},
    )
    async def customer(self, info: Info) -> Customer | None:
        found = await customers.by_id(info.context, self.row.customer_id)
        return Customer.of(found) if found else None

    @strawberry.field(description="Its lines, in their order.", metadata={SHAPE: ROWS, **needs()})
    async def items(self, info: Info, first: Some = None, after: AfterId = None) -> Sequence[OrderItem]:
        shown = OrderItem.list_of(self.row, await orders.items(info.context, self.row))
        return shown.of_rows(part(shown.rows, first, after))

    @strawberry.field(description="How many items it has.", metadata=needs())
    async def items_count(self, info: Info) -> int:
        return len(await orders.items(info.context, self.row))

    @strawberry.field(
        description="What can be done now, with the ids of the items it can be done to. "
        "No entry for what cannot be done.",
        metadata={SHAPE: ROWS, **_OF_ACTIONS},
    )
    async def actions(self, info: Info) -> Sequence[OrderAction]:
        return LazyList((await self._item_actions(info)).possible(), partial(showing, OrderAction))

    @strawberry.field(
        description="For each action, why it is not possible for the other items.",
        metadata={SHAPE: ROWS, **_OF_ACTIONS},
    )
    async def blocked(self, info: Info) -> Sequence[BlockedItem]:
        return LazyList((await self._item_actions(info)).blocked(), partial(showing, BlockedItem))

    @strawberry.field(
        description="Σ of the items' subtotals, before all discounts, priced as the order is.",
        metadata=_OF_TOTALS,
    )
    async def subtotal(self, info: Info) -> Money:
        return Money((await self._totals(info)).subtotal)

    @strawberry.field(description="The total without VAT.", metadata=_OF_TOTALS)
    async def total_excluding_vat(self, info: Info) -> Money:
        return Money((await self._totals(info)).total_ex_vat)

    @strawberry.field(description="The VAT, per rate and category.", metadata=_OF_TOTALS)
    async def vat(self, info: Info) -> list[VatAmount]:
        rows = (await self._totals(info)).rows
        return [VatAmount.of(row.rate, row.category, row.base, row.amount) for row in rows]

    @strawberry.field(
        description="The invoices that its items are on, and their credits, oldest first.", metadata=needs()
    )
    async def invoices(self, info: Info, first: Some = None, after: AfterId = None) -> list[LazyInvoice]:
        from schema.types.invoice import Invoice  # not above: see `LazyInvoice`

        found = await invoices.of_order(info.context, self.row.id)
        return [Invoice.of(row) for row in part(found, first, after)]

    @strawberry.field(description="How many invoices its items are on, with their credits.", metadata=needs())
    async def invoices_count(self, info: Info) -> int:
        return len(await invoices.of_order(info.context, self.row.id))

    @strawberry.field(
        description="Whether its invoices are settled, and what is not invoiced yet was paid on the order.",
        metadata=_OF_TOTALS,
    )
    async def is_paid(self, info: Info) -> bool:
        return await payments.is_paid(info.context, self.row)

    @strawberry.field(
        description="The payments and refunds on it and on its invoices, oldest first.", metadata=needs()
    )
    async def payments(self, info: Info, first: Some = None, after: AfterId = None) -> list[Payment]:
        found = await payments.of_order(info.context, self.row.id)
        return [Payment.of(row) for row in part(found, first, after)]

    @strawberry.field(
        description="How many payments and refunds there are on it and on its invoices.", metadata=needs()
    )
    async def payments_count(self, info: Info) -> int:
        return len(await payments.of_order(info.context, self.row.id))

    async def _item_actions(self, info: Info) -> ItemActions:
        items, parties = await orders.items_and_parties(info.context, self.row)
        if self.item_actions is None:
            self.item_actions = ItemActions(self.row, items, parties)
        return self.item_actions

    async def _totals(self, info: Info) -> Totals:
        items = await orders.items(info.context, self.row)
        if self.sums is None:
            self.sums = replace(totals(self.row, counted(items)), lines=())
        return self.sums

    @classmethod
    def of(cls, row: tables.Order) -> "Order":
        return showing(cls, row)
