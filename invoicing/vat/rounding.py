"""What is asked to be paid beside an invoice's total (BT-114): the rounding. Pure, in minor units.

A customer is quoted the VAT on an order, and VAT is computed on each invoice. Where prices are without VAT,
an order in parts, or several on one invoice, may differ by a minor unit. Each paper carries its own part of
the difference, so that at every moment exactly that is asked which was quoted for what is invoiced.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from invoicing.money import divide, portion
from invoicing.vat.arithmetic import WHOLE, Unbalanced

Nets = Mapping[int, int]
"""Amounts without VAT by their rate, in ten-thousandths of a percent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What an invoice changes of an order's nets that are on invoices, credits taken off: `before` it, and by
    how much. On a credit invoice there is a step for each order on each invoice that it credits."""

    before: Nets
    change: Nets


def quote(nets: Nets) -> int:
    """What a customer was told that an order with these nets comes to, with VAT."""
    return sum(net + portion(net, rate, WHOLE) for rate, net in nets.items())


def asked_for(step: Step) -> int:
    """What the paper asks for the order: the quote with it, less the quote before. Negative on a credit."""
    after = {
        rate: step.before.get(rate, 0) + step.change.get(rate, 0) for rate in {*step.before, *step.change}
    }
    return quote(after) - quote(step.before)


def order_rounding(steps: Sequence[Step], total: int, caught_up: int = 0) -> int:
    """The rounding of an invoice over its orders, all priced without VAT; `total` is negative on a credit.

    `caught_up` is what of the total makes good the VAT of credits before: it is no part of any quote, and is
    asked for as it is. Unbalanced, if the rounding is more than one for each rate of each step.
    """
    rounding = sum(asked_for(step) for step in steps) - (total - caught_up)
    most = sum(1 for step in steps for net in step.change.values() if net)
    if abs(rounding) > most:
        raise Unbalanced(f"The rounding is {rounding}, at most {most} can come of rounding.")
    return rounding


def payable_rounding(total: int, multiple: int) -> int:
    """What makes of the total the nearest multiple, half away from zero."""
    return divide(total, multiple) * multiple - total


def credit_rounding(total: int, rounding: int, before: int, amount: int) -> int:
    """The rounding of crediting `amount` of an invoice of `total`, `before` of which was credited.

    Together the credits give back what the invoice asked, no more at any moment: the last mirrors its
    rounding. `before` and `amount` have the invoice's sign; the result is the credit's.
    """

    def given_back(so_far: int) -> int:
        return total + rounding if so_far == total else min(so_far, total + rounding)

    return amount - (given_back(before + amount) - given_back(before))
