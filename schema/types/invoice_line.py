"""The lines of an invoice, as the API shows them."""

from collections.abc import Mapping
from dataclasses import MISSING
from typing import Any

import strawberry

from invoicing.decimals import MILLION, price_of
from invoicing.snapshot import Line
from schema.hints import Key, Shape
from schema.types.enums import SupplyType
from schema.types.scalars import Money, Quantity, UnitPrice
from schema.types.shared import Period, VatAmount, percent


@strawberry.type(description="A line of an invoice.")
class InvoiceLine:
    id: strawberry.ID = strawberry.field(description="The line's id.")
    order_item_id: strawberry.ID | None = strawberry.field(description="The item that it invoices, if any.")
    order_id: strawberry.ID | None = strawberry.field(description="That item's order, if any.")
    sku: str | None = strawberry.field(description="Article number.")
    name: str = strawberry.field(description="What the paper calls it.")
    description: str | None = strawberry.field(description="More about it, under the name.")
    quantity: Quantity = strawberry.field(description="How much.")
    unit: str = strawberry.field(description="UN/ECE Rec 20; C62 is a piece.")
    unit_price: UnitPrice = strawberry.field(description="Of one: with VAT where is_including_vat.")
    discount: Money = strawberry.field(
        description="Taken off the whole line: its own discount and its share of its order's discounts."
    )
    discount_reason: str | None = strawberry.field(
        description="The names of the order's discounts that it has a share of (BT-139)."
    )
    subtotal: Money = strawberry.field(
        description="unit_price × quantity, rounded once: with VAT where is_including_vat."
    )
    total: Money = strawberry.field(description="subtotal − discount.")
    total_ex_vat: Money = strawberry.field(description="The total without VAT.")
    vat: VatAmount = strawberry.field(description="The line's share of the VAT.")
    supply: SupplyType = strawberry.field(description="Goods or services.")
    exemption_reason: str | None = strawberry.field(
        description="Why no VAT is charged, as the paper says it; null where it has the law's own words."
    )
    service_period: Period | None = strawberry.field(
        description="When it was done, where the line says so (BG-26)."
    )

    @classmethod
    def of(cls, line: Line) -> "InvoiceLine":
        return cls(
            id=strawberry.ID(line.id),
            order_item_id=strawberry.ID(line.order_item_id) if line.order_item_id else None,
            order_id=strawberry.ID(line.order_id) if line.order_id else None,
            sku=line.sku,
            name=line.name,
            description=line.description,
            quantity=Quantity(line.quantity),
            unit=line.unit,
            unit_price=UnitPrice(price_of(line)),
            discount=Money(line.discount),
            discount_reason=line.discount_reason,
            subtotal=Money(line.subtotal),
            total=Money(line.total),
            total_ex_vat=Money(line.total_ex_vat),
            vat=VatAmount.of(line.vat_rate, line.vat_category, line.total_ex_vat, line.vat_amount),
            supply=SupplyType(line.supply),
            exemption_reason=line.exemption_reason,
            service_period=Period.or_none(line.service_period),
        )


def _stored_price(line: Mapping[str, Any]) -> int:
    """`price_of` the line as it is stored."""
    price: int = line["unit_price"] * MILLION + line.get("unit_price_rest", 0)
    return price


def _key(name: str) -> Key:
    """With the default of lines that were stored before it was added."""
    default = Line.__dataclass_fields__[name].default
    return Key(name, None if default is MISSING else default)


_AS_STORED = (
    "id order_item_id order_id sku name description quantity unit discount discount_reason "
    "subtotal total total_ex_vat supply exemption_reason"
)

STORED_LINE: Shape = {
    **{name: _key(name) for name in _AS_STORED.split()},
    "unit_price": _stored_price,
    "vat": {
        "rate": lambda line: percent(line["vat_rate"]),
        "category": _key("vat_category"),
        "base": _key("total_ex_vat"),
        "amount": _key("vat_amount"),
    },
}
"""A snapshot's line as InvoiceLine."""
