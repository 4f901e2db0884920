"""What a credit takes back of an issued invoice: VAT is settled by group, cumulatively over all its credits.

The group of a category and rate decides. What has been credited of it so far has the VAT that its rate makes
of the whole sum, and a credit is the difference to the credits before; all of it has the invoice's own VAT.
So each credit is within a minor unit of its rate (BR-CO-17), and together they are exactly the invoice. The
lines' nets are shares of that, by largest remainder; a line's own may differ by a minor unit.

All amounts have the signs of the invoice that is credited; the credit invoice negates them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from invoicing.decimals import decimal_text
from invoicing.errors import CreditTooHigh, ValidationError
from invoicing.money import between, portion, shares_within
from invoicing.vat.arithmetic import WHOLE, Row
from invoicing.vat.sold import Group, Part, Sold, by_group, together


@dataclass(frozen=True, slots=True, kw_only=True)
class Credited:
    """A part as it is credited. `total` is as quoted."""

    place: int
    total: int
    net: int
    vat: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """What is credited of one invoice: the parts in the order given, and a row for each group.

    `caught_up` is what of the VAT makes good that the credits before took more or less than the rate.
    """

    parts: tuple[Credited, ...]
    rows: tuple[Row, ...]
    caught_up: int = 0

    @property
    def net(self) -> int:
        return sum(row.base for row in self.rows)

    @property
    def vat(self) -> int:
        return sum(row.amount for row in self.rows)

    @property
    def gross(self) -> int:
        return self.net + self.vat


def credit(lines: Sequence[Sold], parts: Sequence[Part], *, including_vat: bool) -> Credit:
    """Credits parts of an invoice's lines, in amounts as the invoice is priced.

    CreditTooHigh if more would be credited than is left of a line, of a group in its own direction, or of
    the invoice; ValidationError if the credit would ask for money.
    """
    check_lines([line.left for line in lines], parts)
    for group, indexes in by_group(lines, parts).items():
        sold = together([line for line in lines if line.group == group])
        check_group(group, sold.total, sold.left, sum(parts[index].amount for index in indexes))
    made = settled(lines, parts, including_vat=including_vat)
    check_invoice(lines, made)
    return made


def settled(lines: Sequence[Sold], parts: Sequence[Part], *, including_vat: bool) -> Credit:
    """The VAT of the parts, and their shares of it; whether so much is left is not asked."""
    credited: dict[int, Credited] = {}
    caught_up = 0
    for group, indexes in by_group(lines, parts).items():
        sold = together([line for line in lines if line.group == group])
        amounts = [parts[index].amount for index in indexes]
        vat, regular = _vat(sold, sum(amounts), including_vat)
        caught_up += vat - regular
        for index, net, tax in zip(indexes, *_shared(amounts, vat, group[1], including_vat), strict=True):
            amount = parts[index].amount
            credited[index] = Credited(place=parts[index].place, total=amount, net=net, vat=tax)
    return credit_of(lines, [credited[index] for index in range(len(parts))], caught_up)


def credit_of(lines: Sequence[Sold], parts: Sequence[Credited], caught_up: int) -> Credit:
    """The credit of these parts, with its rows."""
    sums: dict[Group, list[Credited]] = {}
    for part in parts:
        sums.setdefault(lines[part.place].group, []).append(part)
    rows = [
        Row(
            category=category,
            rate=rate,
            base=sum(part.net for part in some),
            amount=sum(part.vat for part in some),
        )
        for (category, rate), some in sums.items()
    ]
    rows.sort(key=lambda row: (-row.rate, row.category))
    return Credit(parts=tuple(parts), rows=tuple(rows), caught_up=caught_up)


def check_invoice(lines: Sequence[Sold], made: Credit) -> None:
    """Refuses to credit more of an invoice than is left of it, and a credit that would ask for money."""
    sold = together(lines)
    left = sold.left_net + sold.left_vat
    direction = -1 if sold.net + sold.vat < 0 else 1
    if direction * made.gross > direction * left:
        raise CreditTooHigh(f"{left} is left to credit of the invoice.")
    if direction * made.gross < 0:
        raise ValidationError(f"A credit invoice gives money back; this one would ask for {abs(made.gross)}.")


def check_lines(left: Sequence[int], parts: Sequence[Part]) -> None:
    """Refuses to credit more of a line than is left of it, or against its sign."""
    asked = [0] * len(left)
    for index, part in enumerate(parts):
        asked[part.place] += part.amount
        most = left[part.place]
        if part.amount != between(part.amount, 0, most) or asked[part.place] != between(
            asked[part.place], 0, most
        ):
            raise CreditTooHigh(f"{most} is left to credit of the line.", field=f"lines.{index}.amount")


def check_group(group: Group, whole: int, left: int, amount: int) -> None:
    """Refuses to credit more of a group than is left of it, in its own direction."""
    direction = -1 if whole < 0 else 1
    if direction * amount > direction * left:
        category, rate = group
        raise CreditTooHigh(
            f"{left} is left to credit of what bears {decimal_text(rate, 4)} % VAT ({category})."
        )


def _vat(sold: Sold, amount: int, including_vat: bool) -> tuple[int, int]:
    """The VAT of crediting so much of a group, and what it would be had all before been credited alike.

    An earlier rule credited by the line. What it left is made good, as far as this credit and the rest
    still have a VAT of their own sign, up to their amounts.
    """
    rate = sold.group[1]
    whole = WHOLE + rate if including_vat else WHOLE
    so_far = portion(sold.credited_total + amount, rate, whole)
    regular = so_far - portion(sold.credited_total, rate, whole)
    if amount == sold.left:
        return sold.left_vat, regular
    rest = sold.left - amount
    vat = between(so_far - sold.credited_vat, sold.left_vat, sold.left_vat - rest)
    return between(vat, 0, amount), regular


def _shared(amounts: Sequence[int], vat: int, rate: int, including_vat: bool) -> tuple[list[int], list[int]]:
    """The nets and the VAT of the parts of a group."""
    if including_vat:
        nets = shares_within(sum(amounts) - vat, amounts, WHOLE, WHOLE + rate, amounts)
        return nets, [amount - net for amount, net in zip(amounts, nets, strict=True)]
    return list(amounts), vat_shares(amounts, vat, rate)


def vat_shares(nets: Sequence[int], vat: int, rate: int) -> list[int]:
    """The VAT of each net; what is left of a group may hold more VAT than net, by a minor unit."""
    is_usual = vat == between(vat, 0, sum(nets))
    return shares_within(vat, nets, rate, WHOLE, nets if is_usual else [vat] * len(nets))
