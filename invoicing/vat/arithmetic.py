"""VAT by EN 16931, in whole minor units: what the customer was quoted is what the invoice asks, to the cent.

Lines of one category and rate make a group, and only the group's total is rounded. What each line gets of
it is shared out by largest remainder, so that lines, VAT rows and totals agree without a rounding line.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from invoicing.money import portion, shares

WHOLE = 1_000_000
"""A hundred percent, in ten-thousandths of a percent: a rate is so many millionths."""

_Group = tuple[str, int]  # category and rate


class Taxable(NamedTuple):
    """A line before VAT, with both amounts as quoted: all with VAT, or all without.

    `subtotal` is price x quantity in minor units, rounded once; `discount` is taken off it; a credit has both
    negative. `rate` is in ten-thousandths of a percent: 21 % is 210_000. `category` is a `Category`'s code.
    """

    subtotal: int
    rate: int
    category: str
    discount: int = 0


class Taxed(NamedTuple):
    """A line with its VAT. `total` is as quoted, subtotal - discount; `net` + `vat` = `gross` always."""

    subtotal: int
    discount: int
    total: int
    net: int
    vat: int
    gross: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the VAT breakdown (BG-23): `base` without VAT (BT-116), `amount` the VAT on it (BT-117)."""

    category: str
    rate: int
    base: int
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """An invoice's amounts: lines in the order given, rows by falling rate, then by category.

    `subtotal` is the sum of the lines' subtotals, as quoted; `total` is what the customer pays (BT-112).
    """

    lines: tuple[Taxed, ...]
    rows: tuple[Row, ...]
    subtotal: int
    total_ex_vat: int
    total_vat: int
    total: int


class Unbalanced(ArithmeticError):
    """The amounts of an invoice contradict each other."""


def compute(lines: Sequence[Taxable], *, including_vat: bool) -> Totals:
    """Work out VAT and totals for lines quoted with VAT, or without.

    The negated lines give the exact negation of rows and totals, and of each line but where remainders tie:
    the earlier line gets the cent, in the negated invoice too.

    ValueError for a rate outside 0 to 100 %. Unbalanced, if this module were wrong: see `check`.
    """
    split = _prices_with_vat if including_vat else _prices_without_vat
    rows: list[Row] = []
    shares = [0] * len(lines)
    for (category, rate), places in _groups(lines).items():
        base, amount, group = split([lines[place] for place in places], rate)
        rows.append(Row(category=category, rate=rate, base=base, amount=amount))
        for place, share in zip(places, group, strict=True):
            shares[place] = share
    rows.sort(key=lambda row: (-row.rate, row.category))
    taxed = [_taxed(line, share, including_vat) for line, share in zip(lines, shares, strict=True)]
    totals = _totals(taxed, rows)
    check(lines, totals, including_vat=including_vat)
    return totals


def check(lines: Sequence[Taxable], totals: Totals, *, including_vat: bool) -> None:
    """Raise Unbalanced, saying what does not add up, unless the totals are sound for these lines."""
    ex_vat, vat, total = totals.total_ex_vat, totals.total_vat, totals.total
    quoted = sum([line.subtotal - line.discount for line in lines])
    _demand(quoted == (total if including_vat else ex_vat), "the total is not what was quoted")
    _demand(total == ex_vat + vat, "BR-CO-15, the total with VAT")
    nets, vats = _sums(lines, totals.lines)
    _demand(ex_vat == sum(nets.values()), "BR-CO-13, the total without VAT")
    _demand(vat == sum(vats.values()), "BR-CO-14, the total VAT")
    # With VAT, some totals have no net whose VAT makes them up again (1.99 at 21 %): a cent is unavoidable.
    tolerance = 1 if including_vat else 0
    for row in totals.rows:
        group = row.category, row.rate
        _demand(row.base == nets.pop(group, None), "BR-S-08, the base of a row")
        _demand(row.amount == vats.pop(group), "the VAT of a row")
        off = row.amount - portion(row.base, row.rate, WHOLE)
        _demand(-tolerance <= off <= tolerance, "BR-CO-17, the VAT on a base")
    _demand(not nets, "a row is missing")


def _groups(lines: Sequence[Taxable]) -> dict[_Group, list[int]]:
    """The places of the lines of each category and rate."""
    groups: defaultdict[_Group, list[int]] = defaultdict(list)
    for place, line in enumerate(lines):
        if not 0 <= line.rate <= WHOLE:
            raise ValueError(f"A VAT rate is 0 to {WHOLE} ten-thousandths of a percent, not {line.rate}.")
        groups[line.category, line.rate].append(place)
    return groups


def _prices_with_vat(lines: Sequence[Taxable], rate: int) -> tuple[int, int, list[int]]:
    """A group's base and VAT, taken out of its total, and the net of each line, within a cent of exact.

    A line is shared out as one part, its discount taken off: two parts, each rounded, could leave a line
    that is given away with a cent of net against a cent of VAT.
    """
    parts = [line.subtotal - line.discount for line in lines]
    gross = sum(parts)
    vat = portion(gross, rate, WHOLE + rate)
    return gross - vat, vat, shares(gross - vat, parts, WHOLE, WHOLE + rate)


def _prices_without_vat(lines: Sequence[Taxable], rate: int) -> tuple[int, int, list[int]]:
    """A group's base and VAT, put on its total (BR-CO-17), and the VAT of each line."""
    nets = [line.subtotal - line.discount for line in lines]
    base = sum(nets)
    vat = portion(base, rate, WHOLE)
    return base, vat, shares(vat, nets, rate, WHOLE)


def _taxed(line: Taxable, share: int, including_vat: bool) -> Taxed:
    """The line, given its net if it is quoted with VAT, and its VAT if without: the rest is derived."""
    total = line.subtotal - line.discount
    net, vat = (share, total - share) if including_vat else (total, share)
    return Taxed(line.subtotal, line.discount, total, net, vat, gross=net + vat)


def _totals(lines: Sequence[Taxed], rows: Sequence[Row]) -> Totals:
    base = sum([row.base for row in rows])
    vat = sum([row.amount for row in rows])
    return Totals(
        lines=tuple(lines),
        rows=tuple(rows),
        subtotal=sum([line.subtotal for line in lines]),
        total_ex_vat=base,
        total_vat=vat,
        total=base + vat,
    )


def _sums(lines: Sequence[Taxable], taxed: Sequence[Taxed]) -> tuple[dict[_Group, int], dict[_Group, int]]:
    """The nets and the VAT of each category and rate."""
    nets: defaultdict[_Group, int] = defaultdict(int)
    vats: defaultdict[_Group, int] = defaultdict(int)
    for line, amounts in zip(lines, taxed, strict=True):
        group = line.category, line.rate
        nets[group] += amounts.net
        vats[group] += amounts.vat
    return nets, vats


def _demand(holds: bool, rule: str) -> None:
    if not holds:
        raise Unbalanced(f"The invoice does not add up: {rule}.")
