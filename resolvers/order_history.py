"""An order with everything that became of it, for front doors that return it as one whole document."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from invoicing.errors import ValidationError
from invoicing.invoices.parties import buyer_of
from invoicing.invoices.queries import Issued
from invoicing.orders import queries
from invoicing.orders.items import counted, sold, taxable, totals
from invoicing.snapshot import Party
from invoicing.storage.tables import Customer, Order, OrderItem, Payment
from invoicing.vat import arithmetic
from invoicing.vat.arithmetic import Totals
from resolvers import customers, invoices, orders, payments
from resolvers.context import Context

MOST_ITEMS = 10_000  # of a page's orders together; one order may have more


@dataclass(frozen=True, slots=True)
class OrderHistory:
    """An order, its newest invoice, and the money that went back to the customer or still can, with VAT."""

    order: Order
    items: Sequence[OrderItem]
    customer: Customer | None
    invoice: Issued | None
    is_paid: bool
    refunded: int
    refundable: int

    @property
    def buyer(self) -> Party:
        """The buyer that the order's next invoice will name."""
        return buyer_of([self.order], self.customer)

    @property
    def sold(self) -> list[OrderItem]:
        """What was ordered, without what was undone before it was invoiced."""
        return sold(counted(self.items))

    @property
    def totals(self) -> Totals:
        """What the sold items come to."""
        return totals(self.order, self.sold)

    @property
    def totals_without_discounts(self) -> Totals:
        """What the sold items would come to without their discounts."""
        full = [taxable(item)._replace(discount=0) for item in self.sold]
        return arithmetic.compute(full, including_vat=self.order.is_including_vat)


async def order_history(ctx: Context, order: Order) -> OrderHistory:
    items, customer, invoice, is_paid, moved = await asyncio.gather(
        orders.items(ctx, order),
        customers.by_id(ctx, order.customer_id),
        invoices.newest_of(ctx, order),
        payments.is_paid(ctx, order),
        payments.of_order(ctx, order.id),
    )
    refunded = _sum(moved, "REFUND", "PAID")
    refundable = _sum(moved, "PAYMENT", "PAID") - refunded - _sum(moved, "REFUND", "PENDING")
    return OrderHistory(order, items, customer, invoice, is_paid, refunded, refundable)


def _sum(moved: Sequence[Payment], type: str, status: str) -> int:
    return sum(each.amount for each in moved if (each.type, each.status) == (type, status))


async def order_histories(ctx: Context, page: Sequence[Order]) -> list[OrderHistory]:
    """Those of a page's orders. Raises ValidationError where they have too many items together."""
    ids = [order.id for order in page]
    if len(ids) > 1 and await ctx.read_list(queries.has_more_items, ctx.principal, ids, MOST_ITEMS):
        raise ValidationError(
            f"The orders of this page have more than {MOST_ITEMS} items together: ask for a smaller limit.",
            field="limit",
        )
    return await asyncio.gather(*(order_history(ctx, order) for order in page))
