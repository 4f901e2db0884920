"""The items of an order, as the API shows them."""

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Annotated

import strawberry

from invoicing.decimals import price_of
from invoicing.orders.applied import is_applied
from invoicing.orders.items import totals
from invoicing.storage import tables
from invoicing.stored_snapshot import read_period
from resolvers import invoices
from schema.hints import BESIDE, needs
from schema.info import Info
from schema.types.enums import OrderItemStatus, OrderItemType, SupplyType
from schema.types.lists import LazyList
from schema.types.scalars import Money, Quantity, UnitPrice
from schema.types.shared import Period, Vat, VatAmount
from schema.types.stored import column, computed, of_row, showing

if TYPE_CHECKING:
    from schema.types.invoice import Invoice

# An order has invoices and an invoice has orders, so the two modules need each other: this one imports
# `Invoice` only when it is called, and GraphQL resolves the name once both modules are there.
LazyInvoice = Annotated["Invoice", strawberry.lazy("schema.types.invoice")]


IS_APPLIED = frozenset(("type", "contra_of", "invoice_id", "undone_as"))
"""Columns that `is_applied` looks at."""
OF_VAT = IS_APPLIED | {"subtotal", "discount", "allocated_discount", "vat_rate", "vat_category"}
"""Columns that an order's VAT is computed of."""


@of_row
@strawberry.type(description="A line of an order.")
class OrderItem:
    row: strawberry.Private[tables.OrderItem]
    among: "strawberry.Private[_ItemsOf]"
    id: strawberry.ID = column("The caller's own id for it, or a UUID.")
    type: OrderItemType = column("What it is.", OrderItemType)
    sku: str | None = column("The shop's article number.")
    name: str = column("What the paper calls it.")
    description: str | None = column("More about it, under the name.")
    quantity: Quantity = column("How much.")
    unit: str = column("UN/ECE Rec 20; C62 is a piece.")
    unit_price: UnitPrice = computed(
        "Of one; with VAT where the order's is_including_vat.",
        price_of,
        of=["unit_price", "unit_price_rest"],
    )
    discount: Money = column("Taken off the whole line.")
    allocated_discount: Money = column(
        "Its share of the order's discounts. It stays with the item: in a partial shipment, "
        "on its invoice, and when it is returned. 0 on a DISCOUNT."
    )
    subtotal: Money = column("unit_price × quantity, rounded once; of a part, its share of the whole's.")
    total: Money = computed(
        "subtotal − discount − allocated_discount. Of an item that is APPLIED, what it takes "
        "off: it is in the totals of the others already.",
        lambda row: row.subtotal - row.discount - row.allocated_discount,
        of=["subtotal", "discount", "allocated_discount"],
    )

    @strawberry.field(
        description="Its share of the order's VAT; none where it is APPLIED.",
        metadata={
            BESIDE: lambda items: items.shared.vats_of(items.rows),
            **needs(OrderItem=OF_VAT, Order=frozenset(("is_including_vat",))),
        },
    )
    def vat(self) -> VatAmount:
        (vat,) = self.among.vats_of([self.row])
        return showing(VatAmount, vat)

    supply: SupplyType = column("Goods or services.", SupplyType)
    exemption_reason: str | None = column("Why no VAT is charged, as the paper says it.")
    service_period: Period | None = computed(
        "When it is done, if it has a period (BG-26).",
        lambda row: Period.or_none(read_period(row.service_period)),
        of=["service_period"],
    )
    status: OrderItemStatus = computed(
        "How far it has come.",
        lambda row: _status(row),
        of=[*IS_APPLIED, "finished_at", "shipped_at"],
    )

    @strawberry.field(
        description="The item that this one undoes; negative quantity. Null on an ordinary item.",
        metadata=needs("contra_of"),
    )
    def contra_of(self) -> "OrderItem | None":
        return None if self.row.contra_of is None else self.among.by_id(self.row.contra_of)

    undo_reason: str | None = column("Why it was cancelled or returned.")
    shipped_at: datetime | None = column("When it was shipped.")

    @strawberry.field(description="The invoice it is on.", metadata=needs("invoice_id"))
    async def invoice(self, info: Info) -> LazyInvoice | None:
        from schema.types.invoice import Invoice  # not above: see `LazyInvoice`

        found = await invoices.by_ids(info.context, [self.row.invoice_id] if self.row.invoice_id else [])
        return Invoice.of(found[0]) if found else None

    @classmethod
    def list_of(cls, order: tables.Order, rows: Sequence[tables.OrderItem]) -> "LazyList[OrderItem]":
        """All rows of an order, with the VAT they share and the items they undo."""
        among = _ItemsOf(order, rows)
        return LazyList(rows, among.shown, among)


def _status(row: tables.OrderItem) -> OrderItemStatus:
    if is_applied(row):
        return OrderItemStatus.APPLIED
    if row.contra_of is not None:
        return OrderItemStatus.CONTRA_PENDING if row.finished_at is None else OrderItemStatus.CONTRA_FINISHED
    if row.undone_as is not None:
        return OrderItemStatus(row.undone_as)
    return OrderItemStatus.OPEN if row.shipped_at is None else OrderItemStatus.SHIPPED


class _ItemsOf:
    """An order's items: what they share is found when it is first asked for."""

    def __init__(self, order: tables.Order, rows: Sequence[tables.OrderItem]) -> None:
        self._order = order
        self._rows = rows

    def shown(self, row: tables.OrderItem) -> OrderItem:
        item = showing(OrderItem, row)
        item.among = self
        return item

    def by_id(self, id: str) -> OrderItem:
        return self.shown(self._by_id[id])

    def vats_of(self, rows: Sequence[tables.OrderItem]) -> list[Vat]:
        """Nothing where the others have an item as their shares, so that it has no VAT of its own."""
        taxed = self._taxed
        return [taxed.get(row.id) or Vat(row.vat_rate, row.vat_category, 0, 0) for row in rows]

    @cached_property
    def _taxed(self) -> dict[str, Vat]:
        sold = [row for row in self._rows if not is_applied(row)]
        lines = totals(self._order, sold).lines
        return {
            row.id: Vat(row.vat_rate, row.vat_category, line.net, line.vat)
            for row, line in zip(sold, lines, strict=True)
        }

    @cached_property
    def _by_id(self) -> dict[str, tables.OrderItem]:
        return {row.id: row for row in self._rows}
