"""What is left to credit of an issued invoice: its lines, and what has been credited of each. Pure.

All amounts have the signs of the invoice; its credit invoices negate them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Group = tuple[str, int]
"""A VAT category and a rate in ten-thousandths of a percent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sold:
    """A line of an issued invoice, and what has been credited of it; or several lines together.

    `total` is as quoted: with VAT if the invoice's prices are, else without.
    """

    group: Group
    total: int
    net: int
    vat: int
    credited_total: int = 0
    credited_net: int = 0
    credited_vat: int = 0

    @property
    def left(self) -> int:
        """What is left to credit, as quoted."""
        return self.total - self.credited_total

    @property
    def left_net(self) -> int:
        return self.net - self.credited_net

    @property
    def left_vat(self) -> int:
        return self.vat - self.credited_vat


@dataclass(frozen=True, slots=True)
class Part:
    """So much is to be credited of the line at this place on the invoice."""

    place: int
    amount: int


def by_group(lines: Sequence[Sold], parts: Sequence[Part]) -> dict[Group, list[int]]:
    """Which of the parts are of each group."""
    groups: dict[Group, list[int]] = {}
    for index, part in enumerate(parts):
        groups.setdefault(lines[part.place].group, []).append(index)
    return groups


def together(lines: Sequence[Sold]) -> Sold:
    """What was sold on these lines, and what has been credited of it."""
    total = net = vat = credited_total = credited_net = credited_vat = 0
    for line in lines:
        total += line.total
        net += line.net
        vat += line.vat
        credited_total += line.credited_total
        credited_net += line.credited_net
        credited_vat += line.credited_vat
    return Sold(
        group=lines[0].group,
        total=total,
        net=net,
        vat=vat,
        credited_total=credited_total,
        credited_net=credited_net,
        credited_vat=credited_vat,
    )


def all_left(lines: Sequence[Sold]) -> list[Part]:
    """The parts that credit all that is left. Of a group of which VAT alone is left, its first line has 0."""
    groups: dict[Group, list[int]] = {}
    for place, line in enumerate(lines):
        groups.setdefault(line.group, []).append(place)
    parts = []
    for places in groups.values():
        left = [Part(place, lines[place].left) for place in places if lines[place].left]
        has_vat = together([lines[place] for place in places]).left_vat
        parts += left or ([Part(places[0], 0)] if has_vat else [])
    return sorted(parts, key=lambda part: part.place)
