"""Which earlier sales a cancellation takes back. Pure: what was sold in, what is taken out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from invoicing.importing.rejects import Flaw


@dataclass(slots=True)
class Sold:
    """A line of an order, of one product to one customer, and how many of it nobody has taken back."""

    id: str
    order_id: str
    at: datetime
    unit_price: int
    left: int
    is_shipped: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """How many of the product are to be taken back, and the price that the cancellation names."""

    quantity: int
    unit_price: int


@dataclass(frozen=True, slots=True)
class Take:
    sold: Sold
    quantity: int


class Unmatched(Exception):
    """What is asked was never sold, or too little of it."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.message)
        self.flaw = flaw


_NEVER = Flaw("no_earlier_sale", "The customer has no order up to then with this product.")


def match(asked: Sequence[Asked], sold: Iterable[Sold], at: datetime) -> list[list[Take]]:
    """What each takes, all of them in full; Unmatched if that cannot be. Nothing is taken yet.

    The latest line up to then with enough left is taken, at the price that is named if there is one;
    several, the latest first, if none has enough; those of another price last.
    """
    earlier = sorted((line for line in sold if line.at <= at), key=_latest, reverse=True)
    if not earlier:
        raise Unmatched(_NEVER)
    left = {line.id: line.left for line in earlier}
    wanted, there = sum(each.quantity for each in asked), sum(left.values())
    if wanted > there:
        told = f"{wanted} are cancelled, {there} that the customer bought up to then are left."
        raise Unmatched(Flaw("more_than_sold", told))
    return [_taken(each, earlier, left) for each in asked]


def _latest(line: Sold) -> tuple[datetime, str, str]:
    return line.at, line.order_id, line.id


def _taken(asked: Asked, earlier: Sequence[Sold], left: dict[str, int]) -> list[Take]:
    same = [line for line in earlier if line.unit_price == asked.unit_price]
    other = [line for line in earlier if line.unit_price != asked.unit_price]
    takes = _from(same, asked.quantity, left) or _from([*same, *other], asked.quantity, left)
    for take in takes:
        left[take.sold.id] -= take.quantity
    return takes


def _from(lines: Sequence[Sold], quantity: int, left: dict[str, int]) -> list[Take]:
    """So many of these lines: of one if it has enough, or of several; none if all have too little."""
    if one := next((line for line in lines if left[line.id] >= quantity), None):
        return [Take(one, quantity)]
    takes = []
    for line in lines:
        if part := min(quantity, left[line.id]):
            takes.append(Take(line, part))
            quantity -= part
    return takes if quantity == 0 else []
