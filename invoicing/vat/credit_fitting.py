"""Crediting what was undone on orders, as far as something is left of it to credit. Pure.

An item that came back is credited, whatever was credited of its invoice by amount before: with what is left
of its line, of its group and of the invoice, down to nothing. So nothing that is listed as open to be
credited is ever refused for its amount.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from invoicing.money import between, divide
from invoicing.vat.arithmetic import WHOLE
from invoicing.vat.credit import Credit, Credited, credit_of, settled
from invoicing.vat.sold import Part, Sold, by_group, together


def credit_what_fits(lines: Sequence[Sold], parts: Sequence[Part], *, including_vat: bool) -> Credit:
    """Credits the parts as `credit` does; what is too much of them is left out, from the last one on."""
    fitting = _within_groups(lines, _within_lines(lines, parts))
    sold = together(lines)
    direction = -1 if sold.net + sold.vat < 0 else 1
    most = direction * (sold.left_net + sold.left_vat)
    while True:
        made = settled(lines, fitting, including_vat=including_vat)
        gross = direction * made.gross
        if 0 <= gross <= most:
            return made
        excess, way = (gross - most, direction) if gross > most else (-gross, -direction)
        lowered = _lowered(lines, fitting, range(len(fitting)), excess, way, including_vat=including_vat)
        if lowered == fitting:  # VAT alone is left of a group, and nothing of the invoice
            return credit_of(lines, [Credited(place=part.place, total=0, net=0, vat=0) for part in parts], 0)
        fitting = lowered


def _within_lines(lines: Sequence[Sold], parts: Sequence[Part]) -> list[Part]:
    left = [line.left for line in lines]
    fitting = []
    for part in parts:
        amount = between(part.amount, 0, left[part.place])
        left[part.place] -= amount
        fitting.append(replace(part, amount=amount))
    return fitting


def _within_groups(lines: Sequence[Sold], parts: list[Part]) -> list[Part]:
    for group, indexes in by_group(lines, parts).items():
        sold = together([line for line in lines if line.group == group])
        way = -1 if sold.total < 0 else 1
        excess = way * (sum(parts[index].amount for index in indexes) - sold.left)
        parts = _lowered(lines, parts, indexes, excess, way, including_vat=True)
    return parts


def _lowered(
    lines: Sequence[Sold],
    parts: Sequence[Part],
    indexes: Iterable[int],
    excess: int,
    way: int,
    *,
    including_vat: bool,
) -> list[Part]:
    """The parts that go that way are lowered, the last one first, until the excess is gone."""
    lowered = list(parts)
    for index in sorted(indexes, reverse=True):
        part = parts[index]
        whole = WHOLE if including_vat else WHOLE + lines[part.place].group[1]
        if excess <= 0 or way * part.amount <= 0:
            continue
        off = between(max(divide(excess * WHOLE, whole), 1), 0, way * part.amount)
        lowered[index] = replace(part, amount=part.amount - way * off)
        excess -= divide(off * whole, WHOLE)
    return lowered
