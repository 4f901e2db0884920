"""The items of an order, as the API shows them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Annotated

import strawberry

from invoicing.decimals import price_of
from invoicing.orders.applied import is_applied
from invoicing.orders.items import totals
from invoicing.snapshot import read_period
from invoicing.storage import tables
from invoicing.vat.arithmetic import Taxed
from resolvers import invoices
from schema.info import Info
from schema.types.enums import OrderItemStatus, OrderItemType, SupplyType
from schema.types.lists import LazyList
from schema.types.scalars import Money, Quantity, UnitPrice
from schema.types.shared import Period, VatAmount

if TYPE_CHECKING:
    from schema.types.invoice import Invoice

# An order has invoices and an invoice has orders, so the two modules need each other: this one imports
# `Invoice` only when it is called, and GraphQL resolves the name once both modules are there.
LazyInvoice = Annotated["Invoice", strawberry.lazy("schema.types.invoice")]


@strawberry.type(description="A line of an order.")
class OrderItem:
    row: strawberry.Private[tables.OrderItem]
    id: strawberry.ID = strawberry.field(description="The caller's own id for it, or a UUID.")
    type: OrderItemType = strawberry.field(description="What it is.")
    sku: str | None = strawberry.field(description="The shop's article number.")
    name: str = strawberry.field(description="What the paper calls it.")
    description: str | None = strawberry.field(description="More about it, under the name.")
    quantity: Quantity = strawberry.field(description="How much.")
    unit: str = strawberry.field(description="UN/ECE Rec 20; C62 is a piece.")
    unit_price: UnitPrice = strawberry.field(
        description="Of one; with VAT where the order's is_including_vat."
    )
    discount: Money = strawberry.field(description="Taken off the whole line.")
    allocated_discount: Money = strawberry.field(
        description="Its share of the order's discounts. It stays with the item: in a partial shipment, "
        "on its invoice, and when it is returned. 0 on a DISCOUNT."
    )
    subtotal: Money = strawberry.field(
        description="unit_price × quantity, rounded once; of a part, its share of the whole's."
    )
    total: Money = strawberry.field(
        description="subtotal − discount − allocated_discount. Of an item that is APPLIED, what it takes "
        "off: it is in the totals of the others already."
    )
    vat: VatAmount = strawberry.field(description="Its share of the order's VAT; none where it is APPLIED.")
    supply: SupplyType = strawberry.field(description="Goods or services.")
    exemption_reason: str | None = strawberry.field(
        description="Why no VAT is charged, as the paper says it."
    )
    service_period: Period | None = strawberry.field(
        description="When it is done, if it has a period (BG-26)."
    )
    status: OrderItemStatus = strawberry.field(description="How far it has come.")
    contra_of: OrderItem | None = strawberry.field(
        description="The item that this one undoes; negative quantity. Null on an ordinary item."
    )
    undo_reason: str | None = strawberry.field(description="Why it was cancelled or returned.")
    shipped_at: datetime | None = strawberry.field(description="When it was shipped.")

    @strawberry.field(description="The invoice it is on.")
    async def invoice(self, info: Info) -> LazyInvoice | None:
        from schema.types.invoice import Invoice  # not above: see `LazyInvoice`

        found = await invoices.by_ids(info.context, [self.row.invoice_id] if self.row.invoice_id else [])
        return Invoice.of(found[0]) if found else None

    @classmethod
    def list_of(cls, order: tables.Order, rows: Sequence[tables.OrderItem]) -> LazyList[OrderItem]:
        """All rows of an order, with the VAT they share and the items they undo."""
        return LazyList(rows, _ItemsOf(order, rows).made)

    @classmethod
    def of(cls, row: tables.OrderItem, taxed: Taxed | None) -> OrderItem:
        """`taxed` is null where the others have it as their shares, so that it has no VAT of its own."""
        return cls(
            row=row,
            id=strawberry.ID(row.id),
            type=OrderItemType(row.type),
            sku=row.sku,
            name=row.name,
            description=row.description,
            quantity=Quantity(row.quantity),
            unit=row.unit,
            unit_price=UnitPrice(price_of(row)),
            discount=Money(row.discount),
            allocated_discount=Money(row.allocated_discount),
            subtotal=Money(row.subtotal),
            total=Money(row.subtotal - row.discount - row.allocated_discount),
            vat=VatAmount.of(
                row.vat_rate, row.vat_category, taxed.net if taxed else 0, taxed.vat if taxed else 0
            ),
            supply=SupplyType(row.supply),
            exemption_reason=row.exemption_reason,
            service_period=Period.or_none(read_period(row.service_period)),
            status=_status(row),
            contra_of=None,
            undo_reason=row.undo_reason,
            shipped_at=row.shipped_at,
        )


def _status(row: tables.OrderItem) -> OrderItemStatus:
    if is_applied(row):
        return OrderItemStatus.APPLIED
    if row.contra_of is not None:
        return OrderItemStatus.CONTRA_PENDING if row.finished_at is None else OrderItemStatus.CONTRA_FINISHED
    if row.undone_as is not None:
        return OrderItemStatus(row.undone_as)
    return OrderItemStatus.OPEN if row.shipped_at is None else OrderItemStatus.SHIPPED


class _ItemsOf:
    """Makes an order's items. The VAT they share is found when the first one is made."""

    def __init__(self, order: tables.Order, rows: Sequence[tables.OrderItem]) -> None:
        self._order = order
        self._rows = rows

    def made(self, row: tables.OrderItem) -> OrderItem:
        item = OrderItem.of(row, self._taxed.get(row.id))
        if row.contra_of is not None:
            item.contra_of = self.made(self._by_id[row.contra_of])
        return item

    @cached_property
    def _taxed(self) -> dict[str, Taxed]:
        sold = [row for row in self._rows if not is_applied(row)]
        return dict(zip([row.id for row in sold], totals(self._order, sold).lines, strict=True))

    @cached_property
    def _by_id(self) -> dict[str, tables.OrderItem]:
        return {row.id: row for row in self._rows}
