"""What a shop's export says of an order, in the plain columns, and what the order must come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from invoicing.importing.numbers import Decimals
from invoicing.vat.categories import Category


@dataclass(frozen=True, slots=True)
class ExpectedTotals:
    """What the file says that the order comes to, and its VAT, in minor units.

    The VAT may differ by `tolerance`, as shops round it line by line.
    """

    total: int
    vat: int | None
    tolerance: int


@dataclass(frozen=True, slots=True)
class Sale:
    """The items in the plain columns; `places` says from which of the order's lines each of them is."""

    rows: Sequence[Mapping[str, str]]
    places: Sequence[int]
    including_vat: bool
    expected: ExpectedTotals


@dataclass(frozen=True, slots=True)
class ShopTerms:
    """What an export does not say. `rate` is in ten-thousandths of a percent.

    `untaxed` is the category of what the shop asked no VAT on; None where it is told by the country alone.
    """

    currency: str
    rate: int
    country: str | None
    decimals: Decimals | None
    untaxed: Category | None = None


class NotSold(Exception):
    """The order was not sold after all, or was paid back: it is skipped, and told."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


class Unclear(Exception):
    """The order cannot be imported as the export says it; `place` is the line, None for all of them."""

    def __init__(self, reason: str, message: str, place: int | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.place = place
