"""What Polar tells of an order, gathered from the resolvers that GraphQL asks too."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from invoicing.invoices.parties import buyer_of
from invoicing.invoices.queries import Issued
from invoicing.snapshot import Party
from invoicing.storage.tables import Customer, Order, OrderItem
from resolvers import customers, invoices, orders, payments
from resolvers.context import Context


@dataclass(frozen=True, slots=True)
class Known:
    """An order and what became of it; `refunded` is the money that went back, with VAT."""

    order: Order
    items: Sequence[OrderItem]
    customer: Customer | None
    invoice: Issued | None
    is_paid: bool
    refunded: int

    @property
    def buyer(self) -> Party:
        """Whom the order's next invoice will name."""
        return buyer_of([self.order], self.customer)


async def known(ctx: Context, order: Order) -> Known:
    items, customer, invoice, is_paid, moved = await asyncio.gather(
        orders.items(ctx, order),
        customers.by_id(ctx, order.customer_id),
        invoices.newest_of(ctx, order),
        payments.is_paid(ctx, order),
        payments.of_order(ctx, order.id),
    )
    refunds = [each.amount for each in moved if (each.type, each.status) == ("REFUND", "PAID")]
    return Known(order, items, customer, invoice, is_paid, sum(refunds))
