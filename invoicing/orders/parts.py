"""What a part of a whole comes to: an item that is shipped, cancelled, returned or credited in parts. Pure.

Parts are cumulative. What so much of the whole comes to is a function of the quantity alone, and a part is
the difference between its end and its start: so parts add up to exactly the whole, in whatever order and
however often it is split, and no part of it has a total, a discount or a subtotal below zero.

The subtotal so far is price × quantity, rounded once. The total so far is the whole's total in proportion to
the subtotal so far, not to the quantity: where price × quantity is no whole amount, the two are rounded
apart, and an item without a discount would get one (docs/decisions/0016).
"""

from __future__ import annotations

from dataclasses import dataclass

from invoicing.decimals import subtotal_of
from invoicing.money import portion


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """What a quantity comes to in minor units. `allocated_discount` is its share of the order's discounts."""

    subtotal: int = 0
    discount: int = 0
    allocated_discount: int = 0

    @property
    def total(self) -> int:
        return self.subtotal - self.discount - self.allocated_discount

    def __sub__(self, other: Amounts) -> Amounts:
        return Amounts(
            subtotal=self.subtotal - other.subtotal,
            discount=self.discount - other.discount,
            allocated_discount=self.allocated_discount - other.allocated_discount,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """An item or a line before it was split. Price and quantity are millionths, the quantity above zero."""

    unit_price: int
    quantity: int
    amounts: Amounts


def part_of(whole: Whole, start: int, quantity: int) -> Amounts:
    """What `quantity` of the whole comes to after `start` of it. ValueError if there is not so much."""
    if not 0 <= start <= start + quantity <= whole.quantity:
        raise ValueError(f"Of {whole.quantity}, {quantity} from {start} on is no part.")
    return _so_far(whole, start + quantity) - _so_far(whole, start)


def _so_far(whole: Whole, gone: int) -> Amounts:
    """What the first `gone` of the whole come to."""
    all_of_it = whole.amounts
    if gone == whole.quantity or not all_of_it.subtotal:
        return all_of_it if gone == whole.quantity else Amounts()
    subtotal = subtotal_of(whole.unit_price, gone)
    # The line of a part, split again, may come to a minor unit less than price × quantity.
    least, most = sorted((0, all_of_it.subtotal))
    subtotal = min(max(subtotal, least), most)
    off = subtotal - portion(all_of_it.total, subtotal, all_of_it.subtotal)
    all_off = all_of_it.subtotal - all_of_it.total
    allocated = portion(all_of_it.allocated_discount, off, all_off) if all_off else 0
    return Amounts(subtotal=subtotal, discount=off - allocated, allocated_discount=allocated)
