"""Crediting an amount with VAT of an invoice that is priced without: the buyer gets exactly the amount.

Not every amount has a net whose VAT makes it up again (1.99 at 21 % has none). So what has been credited of
a group so far, with VAT, is split as a price with VAT would be, and a credit is the difference.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

from invoicing.errors import CreditTooHigh
from invoicing.money import between, portion, shares_within
from invoicing.vat.arithmetic import WHOLE
from invoicing.vat.credit import (
    Credit,
    Credited,
    check_group,
    check_invoice,
    check_lines,
    credit_of,
    vat_shares,
)
from invoicing.vat.sold import Group, Part, Sold, by_group, together

GivenBack = Callable[[Group, Mapping[int, int]], int]
"""What crediting these nets of a group, by their lines' places, gives back with VAT when it is not exact."""


@dataclass(frozen=True, slots=True)
class _Split:
    """A group's parts without VAT, their VAT, and what it were, had all before been credited by its rate."""

    nets: list[int]
    vat: int
    regular: int


def credit_with_vat(
    lines: Sequence[Sold], parts: Sequence[Part], *, given_back: GivenBack | None = None
) -> Credit:
    """Credits parts of the lines of an invoice priced without VAT, in amounts with VAT.

    `given_back` is the difference of the orders' quotes where the invoice has a rounding for them; without
    it, what is given back is net and VAT. CreditTooHigh as in `credit`.
    """
    check_lines([line.left_net + line.left_vat for line in lines], parts)
    credited: dict[int, Credited] = {}
    caught_up = 0
    for group, indexes in by_group(lines, parts).items():
        some = [parts[index] for index in indexes]
        split = _split(lines, some, given_back)
        caught_up += split.vat - split.regular
        for index, net, tax in zip(indexes, split.nets, _taxes(some, split, group[1]), strict=True):
            credited[index] = Credited(place=parts[index].place, total=net, net=net, vat=tax)
    done = [credited[index] for index in range(len(parts))]
    check_lines([line.left_net for line in lines], [Part(part.place, part.net) for part in done])
    made = credit_of(lines, done, caught_up)
    check_invoice(lines, made)
    return made


def _split(lines: Sequence[Sold], parts: Sequence[Part], given_back: GivenBack | None) -> _Split:
    """The parts of a group; of the nets they may have, those whose VAT is nearest to its rate."""
    group, grosses = lines[parts[0].place].group, [part.amount for part in parts]
    sold, gross = together([line for line in lines if line.group == group]), sum(grosses)
    check_group(group, sold.net + sold.vat, sold.left_net + sold.left_vat, gross)
    limits = [_nearer(lines[part.place].left_net, part.amount) for part in parts]
    found = []
    for net in _near(sold, gross, limits):
        nets = shares_within(net, grosses, WHOLE, WHOLE + group[1], limits)
        so_far = portion(sold.credited_net + net, group[1], WHOLE)
        regular = so_far - portion(sold.credited_net, group[1], WHOLE)
        by_place: Counter[int] = Counter()
        for part, each in zip(parts, nets, strict=True):
            by_place[part.place] += each
        vat = regular + gross - (net + regular if given_back is None else given_back(group, by_place))
        if vat == between(vat, 0, _most_vat(sold, gross)):
            found.append((abs(sold.credited_vat + vat - so_far), _Split(nets, vat, regular)))
    if not found:
        raise CreditTooHigh(f"{sum(limits) + sold.left_vat} with VAT is left to credit.")
    return min(found, key=itemgetter(0))[1]


def _near(sold: Sold, gross: int, limits: Sequence[int]) -> Iterator[int]:
    """Nets that the amount may have, the likeliest first."""
    so_far = sold.credited_net + sold.credited_vat + gross
    exact = portion(so_far, WHOLE, WHOLE + sold.group[1]) - sold.credited_net
    least, most = sum(min(limit, 0) for limit in limits), sum(max(limit, 0) for limit in limits)
    rest = gross - _most_vat(sold, gross)
    for net in (exact, exact - 1, exact + 1):
        yield between(between(net, rest, gross), least, most)


def _most_vat(sold: Sold, gross: int) -> int:
    """The most VAT that the amount can have: no more than is left, if it goes the way of what is left."""
    return _nearer(gross, sold.left_vat) if gross * sold.left_vat > 0 else gross


def _taxes(parts: Sequence[Part], split: _Split, rate: int) -> list[int]:
    """The VAT of each part: what its net leaves of it, unless a rounding is in the VAT."""
    if split.vat == sum(part.amount for part in parts) - sum(split.nets):
        return [part.amount - net for part, net in zip(parts, split.nets, strict=True)]
    return vat_shares(split.nets, split.vat, rate)


def _nearer(one: int, other: int) -> int:
    """The one nearer to zero; zero, if their signs differ."""
    return between(one, 0, other)
