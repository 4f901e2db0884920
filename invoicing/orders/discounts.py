"""An order's discounts belong to its goods: each is shared out over what it applies to. Pure.

It is done once, when the order is taken in. From then on the shares travel with their items. Amounts are
minor units, with VAT or without as the order is priced.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from invoicing.errors import TooManyItems, ValidationError
from invoicing.money import shares
from invoicing.orders.items import ItemType
from invoicing.orders.values import OrderItemValues
from invoicing.vat.categories import Category

MAX_DISCOUNTS = 200
"""Each is shared out over all items: more would keep other orders waiting for seconds."""
MAX_REASON = 1_000
"""The most characters of an item's `discount_reason`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Orderable:
    """An item as it was ordered. `total` is its subtotal less its own discount, of a DISCOUNT zero or less.

    `rate` is null on a DISCOUNT for which none was given.
    """

    type: str
    total: int
    rate: int | None


@dataclass(slots=True)
class Allocated:
    """An item's share of the order's discounts, and the places of those that it has a share of."""

    amount: int
    discounts: list[int]


def allocate(items: Sequence[Orderable]) -> list[Allocated]:
    """What each item gets of the order's discounts; they are taken in the order of the items.

    ValidationError if a discount is larger than what those before it have left of what it applies to. So no
    item's total goes below zero, and no order's.
    """
    allocated = [Allocated(0, []) for _ in items]
    for place, discount in enumerate(items):
        if discount.type != ItemType.DISCOUNT:
            continue
        applies_to = _places(items, discount.rate)
        left = [items[each].total - allocated[each].amount for each in applies_to]
        if -discount.total > sum(left):
            raise ValidationError(
                f"items.{place} takes off {-discount.total}, but {sum(left)} is left of what it applies to "
                "(goods before shipping and fees, which can have a discount of their own).",
                field=f"items.{place}.unit_price",
            )
        for each, share in zip(applies_to, _shares(-discount.total, left), strict=True):
            if share:
                allocated[each].amount += share
                allocated[each].discounts.append(place)
    return allocated


def with_shares(items: Sequence[Mapping[str, Any]], given: Sequence[OrderItemValues]) -> list[dict[str, Any]]:
    """The rows of a new order's items, each with its share of the discounts and their names."""
    discounts = [row["type"] for row in items].count(ItemType.DISCOUNT)
    if not discounts:
        return [{**row, "allocated_discount": 0, "discount_reason": None} for row in items]
    if discounts > MAX_DISCOUNTS:
        raise TooManyItems(
            f"An order takes at most {MAX_DISCOUNTS} discounts; an item has a discount of its own.",
            field="items",
        )
    allocated = allocate([_orderable(row, values) for row, values in zip(items, given, strict=True)])
    return [
        {
            **row,
            "allocated_discount": share.amount,
            "discount_reason": reason_of([items[place]["name"] for place in share.discounts]),
        }
        for row, share in zip(items, allocated, strict=True)
    ]


def reason_of(names: Sequence[str]) -> str | None:
    """The names of discounts as the reason for what is taken off (BT-139)."""
    reason = ", ".join(dict.fromkeys(names))
    return (reason if len(reason) <= MAX_REASON else f"{reason[: MAX_REASON - 1]}…") or None


def _orderable(row: Mapping[str, Any], given: OrderItemValues) -> Orderable:
    has_rate = given.get("vat_rate") is not None or Category(row["vat_category"]).is_zero_rated
    return Orderable(
        type=row["type"],
        total=row["subtotal"] - row["discount"],
        rate=row["vat_rate"] if has_rate or row["type"] != ItemType.DISCOUNT else None,
    )


def _shares(amount: int, left: Sequence[int]) -> list[int]:
    return shares(amount, left, amount, sum(left)) if amount else [0] * len(left)


def _places(items: Sequence[Orderable], rate: int | None) -> list[int]:
    """The places of what a discount applies to: its rate before others, PRODUCT before other types."""
    goods = [place for place, item in enumerate(items) if item.type != ItemType.DISCOUNT]
    of_rate = [place for place in goods if items[place].rate == rate]
    for some in (of_rate, goods):
        if found := [place for place in some if items[place].type == ItemType.PRODUCT] or some:
            return found
    return []
