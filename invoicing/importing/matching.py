"""Decides which earlier sales a cancellation takes back. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from invoicing.importing.rejects import Flaw


@dataclass(slots=True)
class SoldLine:
    """A line of an order, of one product to one customer; `left` is the quantity that was not taken back.

    Price and quantity are millionths.
    """

    id: str
    order_id: str
    at: datetime
    unit_price: int
    left: int
    is_shipped: bool = False


@dataclass(frozen=True, slots=True)
class Requested:
    """The quantity of the product to take back, and the price that the cancellation names: in millionths."""

    quantity: int
    unit_price: int


@dataclass(frozen=True, slots=True)
class Take:
    sold: SoldLine
    quantity: int


class Unmatched(Exception):
    """The requested quantity was not sold before."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.message)
        self.flaw = flaw


_NOT_SOLD = Flaw(
    "no_earlier_sale", "The customer has no order with this product up to the date of the cancellation."
)


def match(requested: Sequence[Requested], sold: Iterable[SoldLine], at: datetime) -> list[list[Take]]:
    """The takes of each request, in full; Unmatched if that is impossible. `sold` is not changed.

    The latest line up to `at` with enough left is used, at the named price if there is one. If none has
    enough, several lines are used, the latest first; lines of another price come last.
    """
    earlier = sorted((line for line in sold if line.at <= at), key=_latest, reverse=True)
    if not earlier:
        raise Unmatched(_NOT_SOLD)
    left = {line.id: line.left for line in earlier}
    wanted, available = sum(each.quantity for each in requested), sum(left.values())
    if wanted > available:
        message = f"{wanted} are cancelled, but only {available} are left of what the customer bought before."
        raise Unmatched(Flaw("more_than_sold", message))
    return [_takes(each, earlier, left) for each in requested]


def _latest(line: SoldLine) -> tuple[datetime, str, str]:
    return line.at, line.order_id, line.id


def _takes(requested: Requested, earlier: Sequence[SoldLine], left: dict[str, int]) -> list[Take]:
    same = [line for line in earlier if line.unit_price == requested.unit_price]
    other = [line for line in earlier if line.unit_price != requested.unit_price]
    takes = _takes_from(same, requested.quantity, left) or _takes_from(
        [*same, *other], requested.quantity, left
    )
    for take in takes:
        left[take.sold.id] -= take.quantity
    return takes


def _takes_from(lines: Sequence[SoldLine], quantity: int, left: dict[str, int]) -> list[Take]:
    """Takes the quantity from one line if it has enough, otherwise from several; none if it is too much."""
    if one := next((line for line in lines if left[line.id] >= quantity), None):
        return [Take(one, quantity)]
    takes = []
    for line in lines:
        if part := min(quantity, left[line.id]):
            takes.append(Take(line, part))
            quantity -= part
    return takes if quantity == 0 else []
