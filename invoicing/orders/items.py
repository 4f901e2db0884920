"""The items of an order: their checks, their totals and their order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from types import SimpleNamespace
from typing import Any, Protocol

from invoicing import checks
from invoicing.checks import checked, optional, text
from invoicing.decimals import price_columns, subtotal_of
from invoicing.errors import AmountTooLarge, NoItems, TooManyItems, ValidationError
from invoicing.money import MAX_AMOUNT
from invoicing.orders.applied import is_applied
from invoicing.orders.values import OrderItemValues
from invoicing.storage.tables import Order, OrderItem, new_id, order_items
from invoicing.vat import arithmetic
from invoicing.vat.categories import Category, check_exemption_reason, rate_and_category

MAX_ITEMS = 5_000


class ItemType(StrEnum):
    PRODUCT = "PRODUCT"
    SHIPPING = "SHIPPING"
    FEE = "FEE"
    DISCOUNT = "DISCOUNT"


class Supply(StrEnum):
    GOODS = "GOODS"
    SERVICES = "SERVICES"


_OPTIONAL = tuple(column.name for column in order_items.c if column.nullable)


class Priced(Protocol):
    """What VAT needs to know of an item, stored or about to be."""

    subtotal: int
    discount: int
    allocated_discount: int
    vat_rate: int
    vat_category: str


ITEM_CHECKS: Mapping[str, checks.Check] = {
    "type": checks.one_of(ItemType),
    "sku": optional(text(200)),
    "name": text(1_000),
    "description": optional(text(10_000)),
    "quantity": checks.quantity,
    "unit": checks.unit,
    "unit_price": checks.unit_price,
    "discount": checks.money,
    "vat_rate": checks.vat_rate,
    "vat_category": checks.one_of(Category),
    "exemption_reason": optional(text(500)),
    "supply": checks.one_of(Supply),
    "service_period": optional(checks.period),
}


def totals(order: Order, items: Sequence[OrderItem]) -> arithmetic.Totals:
    """What the items come to, as if they were all on one invoice."""
    return arithmetic.compute([taxable(item) for item in items], including_vat=order.is_including_vat)


def counted(items: Sequence[OrderItem]) -> list[OrderItem]:
    """The items that count for the order's total: not those that were undone before they were invoiced.

    A discount that is applied counts through the shares of the others.
    """
    return [
        item
        for item in items
        if (item.undone_as is None or item.contra_of or item.invoice_id) and not is_applied(item)
    ]


def sold(items: Iterable[OrderItem]) -> list[OrderItem]:
    """What was ordered, without what undoes it."""
    return [item for item in items if item.contra_of is None]


def taxable(item: Priced) -> arithmetic.Taxable:
    discount = item.discount + item.allocated_discount
    return arithmetic.Taxable(item.subtotal, item.vat_rate, item.vat_category, discount)


def item_rows(given: Sequence[OrderItemValues], default_rate: int) -> list[dict[str, Any]]:
    """The items' columns, but for the account and the order that they belong to."""
    if not given:
        raise NoItems(field="items")
    if len(given) > MAX_ITEMS:
        raise TooManyItems(f"An order takes at most {MAX_ITEMS} items.", field="items")
    return [
        {"position": position, **item_row(item, default_rate, at=f"items.{position}.")}
        for position, item in enumerate(given)
    ]


def item_row(given: OrderItemValues, default_rate: int, *, at: str) -> dict[str, Any]:
    """An item's columns, checked; what is not given gets its default."""
    clean = checked({name: value for name, value in given.items() if value is not None}, ITEM_CHECKS, at=at)
    for name in ("name", "quantity", "unit_price"):
        if name not in clean:
            raise ValidationError(f"{at}{name} is needed.", field=at + name)
    kind = clean.get("type", ItemType.PRODUCT)
    row = {
        **dict.fromkeys(_OPTIONAL),
        "unit": "C62",
        "discount": 0,
        "allocated_discount": 0,
        "supply": Supply.GOODS if kind == ItemType.PRODUCT else Supply.SERVICES,
        **clean,
        "id": new_id() if given.get("id") is None else checks.identifier(given["id"], f"{at}id"),
        "type": str(kind),
        **rate_and_category(clean, default_rate, at=at),
    }
    check_exemption_reason(row, at=at)
    row["subtotal"] = subtotal_of(row["unit_price"], row["quantity"])
    _check_amounts(row, at)
    row.update(price_columns(row["unit_price"]))
    return row


def _check_amounts(row: Mapping[str, Any], at: str) -> None:
    """Refuses a price or a discount that the other values do not allow (BR-27)."""
    is_discount = row["type"] == ItemType.DISCOUNT
    if (row["unit_price"] > 0) if is_discount else (row["unit_price"] < 0):
        rule = "must not be above 0 on a DISCOUNT" if is_discount else "must not be negative; use a DISCOUNT"
        raise ValidationError(f"{at}unit_price {rule}.", field=f"{at}unit_price")
    subtotal = row["subtotal"]
    if not 0 <= row["discount"] <= max(subtotal, 0):
        raise ValidationError(f"{at}discount must be from 0 to the item's subtotal.", field=f"{at}discount")
    if abs(subtotal) > MAX_AMOUNT:
        raise AmountTooLarge(f"{at}quantity × unit_price would pass ±{MAX_AMOUNT}.", field=f"{at}unit_price")


def total_of(items: Sequence[Mapping[str, Any]], *, including_vat: bool) -> int:
    amounts = [
        arithmetic.Taxable(
            subtotal=item["subtotal"],
            discount=item["discount"] + item["allocated_discount"],
            rate=item["vat_rate"],
            category=item["vat_category"],
        )
        for item in items
        if item["type"] != ItemType.DISCOUNT or not is_applied(SimpleNamespace(**item))
    ]
    total = arithmetic.compute(amounts, including_vat=including_vat).total
    if max(abs(total), sum([abs(amount.subtotal) for amount in amounts])) > MAX_AMOUNT:
        raise AmountTooLarge(f"The order's total would pass ±{MAX_AMOUNT}.", field="items")
    return total
