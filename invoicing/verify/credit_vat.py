"""Finds credits whose VAT is wrong, or that go past an invoice or a category and rate of it. Reads only.

The VAT of all credits so far of a category and rate of an invoice follows its rate, within a minor unit for
the invoice and, with prices without VAT, one for each order: amounts with VAT need not have a net. Credits of
before that rule, whose lines have no rounding, followed each line's own share of VAT; what they left is made
good by later ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import BindParameter, Connection, and_, bindparam, func, select

from invoicing.decimals import decimal_text
from invoicing.storage.tables import invoice_lines, invoices

_ACCOUNT_ID: BindParameter[str] = bindparam("account")
_FULL = 1_000_000  # a hundred percent in ten-thousandths of a percent
_credit = invoice_lines.alias("credit")
_line = invoice_lines.alias("line")
_paper = invoices.alias("paper")
_sold = invoice_lines.alias("sold")

_CREDITED_IDS = select(invoice_lines.c.credited_invoice_id).where(
    invoice_lines.c.account_id == _ACCOUNT_ID, invoice_lines.c.credited_invoice_id.is_not(None)
)
_whole = (
    select(
        _sold.c.invoice_id,
        _sold.c.vat_category,
        _sold.c.vat_rate,
        func.sum(_sold.c.total).label("total"),
        func.sum(_sold.c.total_ex_vat).label("net"),
        func.sum(_sold.c.vat_amount).label("vat"),
        func.count(_sold.c.order_id.distinct()).label("orders"),
    )
    .where(_sold.c.account_id == _ACCOUNT_ID, _sold.c.invoice_id.in_(_CREDITED_IDS))
    .group_by(_sold.c.invoice_id, _sold.c.vat_category, _sold.c.vat_rate)
    .subquery("whole")
)
_CREDITED = (
    select(
        _line.c.invoice_id,
        invoices.c.number,
        invoices.c.is_including_vat,
        invoices.c.total.label("asked"),
        _line.c.vat_category,
        _line.c.vat_rate,
        *(_whole.c[name].label(f"whole_{name}") for name in ("total", "net", "vat", "orders")),
        _credit.c.invoice_id.label("paper_id"),
        _paper.c.number.label("paper"),
        _credit.c.vat_category.label("category"),
        _credit.c.vat_rate.label("rate"),
        _credit.c.total,
        _credit.c.total_ex_vat,
        _credit.c.vat_amount,
        _credit.c.rounding,
        _line.c.id.label("line"),
        _line.c.total.label("line_total"),
        _line.c.vat_amount.label("line_vat"),
    )
    .select_from(_credit)
    .join(
        _line,
        and_(
            _line.c.account_id == _credit.c.account_id,
            _line.c.invoice_id == _credit.c.credited_invoice_id,
            _line.c.id == _credit.c.credited_line_id,
        ),
    )
    .join(
        _whole,
        and_(
            _whole.c.invoice_id == _line.c.invoice_id,
            _whole.c.vat_category == _line.c.vat_category,
            _whole.c.vat_rate == _line.c.vat_rate,
        ),
    )
    .join(invoices, and_(invoices.c.account_id == _line.c.account_id, invoices.c.id == _line.c.invoice_id))
    .join(_paper, and_(_paper.c.account_id == _credit.c.account_id, _paper.c.id == _credit.c.invoice_id))
    .where(_credit.c.account_id == _ACCOUNT_ID, _credit.c.credited_invoice_id.is_not(None))
    .order_by(
        invoices.c.number,
        _line.c.invoice_id,
        _line.c.vat_category,
        _line.c.vat_rate,
        _paper.c.issued_on,
        _paper.c.period,
        _paper.c.sequence,
        _credit.c.position,
    )
    .execution_options(yield_per=1_000)
)
_of_invoice = attrgetter("number", "invoice_id", "asked")
_of_group = attrgetter("vat_category", "vat_rate")
_of_paper = attrgetter("paper_id", "paper")

_Faults = Iterator[tuple[str, str, str]]


@dataclass(slots=True)
class _Group:
    """A category and rate of an invoice, and what was credited of it so far, with the invoice's signs.

    `whole` is any of its rows; `of_lines` has the total and the VAT credited of each line.
    """

    whole: Any
    total: int = 0
    net: int = 0
    vat: int = 0
    of_lines: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{decimal_text(self.whole.vat_rate, 4)} % VAT ({self.whole.vat_category})"

    @property
    def off(self) -> Fraction:
        """How far the VAT credited so far is from what the rate makes of it."""
        rate = self.whole.vat_rate
        return self.vat - Fraction(self.total * rate, _FULL + (rate if self.whole.is_including_vat else 0))

    def credit(self, lines: Sequence[Any]) -> bool:
        """Counts a credit's lines. Whether their VAT is right, by the rate or by each line's own share."""
        before = self.off
        are_shares = [self._credit_line(line) for line in lines]
        allowed = 1 if self.whole.is_including_vat else 1 + int(self.whole.whole_orders)
        follows_rate = min(Fraction(0), before) - allowed <= self.off <= max(Fraction(0), before) + allowed
        return follows_rate or (all(are_shares) and all(line.rounding is None for line in lines))

    def _credit_line(self, line: Any) -> bool:
        total, vat = self.of_lines.get(line.line, (0, 0))
        total, vat = total - line.total, vat - line.vat_amount
        self.of_lines[line.line] = total, vat
        self.total -= line.total
        self.net -= line.total_ex_vat
        self.vat -= line.vat_amount
        share = Fraction(line.line_vat * total, line.line_total) if line.line_total else line.line_vat
        return bool(abs(vat - share) <= (Fraction(1, 2) if self.whole.is_including_vat else 1))


def find_wrong_credit_vat(connection: Connection, account_id: str) -> _Faults:
    """A subject, a kind and a sentence for each fault. Amounts are in minor units."""
    credited = connection.execute(_CREDITED, {"account": account_id})
    for (number, _, asked), lines in groupby(credited, _of_invoice):
        gross = 0
        for _, mine in groupby(lines, _of_group):
            group = None
            for (_, paper), found in groupby(mine, _of_paper):
                on_paper = list(found)
                group = group or _Group(on_paper[0])
                yield from (
                    (paper, "credits", f"{fault} of {number}.") for fault in _paper_faults(group, on_paper)
                )
            if group is not None:
                gross += group.net + group.vat
                yield from ((number, "credits", fault) for fault in _group_faults(group))
        if gross * _sign(asked) > abs(asked):
            yield number, "credits", f"total is {asked}, its credits come to {-gross}."


def _paper_faults(group: _Group, lines: Sequence[Any]) -> Iterator[str]:
    for line in lines:
        if (line.category, line.rate) != (line.vat_category, line.vat_rate):
            yield f"It credits line {line.line} at another VAT rate than that"
    if not group.credit(lines):
        vat = sum(line.vat_amount for line in lines)
        yield f"Its VAT of {vat} does not follow the rate: it credits what bears {group.name}"


def _group_faults(group: _Group) -> Iterator[str]:
    """What was credited past the group, and what is wrong of one that is credited in full."""
    whole = group.whole
    sums = {
        "total": (int(whole.whole_total), group.total),
        "net": (int(whole.whole_net), group.net),
        "VAT": (int(whole.whole_vat), group.vat),
    }
    for name, (amount, credited) in sums.items():
        if credited * _sign(int(whole.whole_total)) > abs(amount):
            yield f"The {name} of what bears {group.name} is {amount}, its credits come to {-credited}."
    (total, so_far), (vat, vat_so_far) = sums["total"], sums["VAT"]
    if total == so_far and abs(vat - vat_so_far) > (0 if whole.is_including_vat else 1):
        yield f"All that bears {group.name} is credited, but {vat_so_far} of {vat} VAT."


def _sign(amount: int) -> int:
    return -1 if amount < 0 else 1
