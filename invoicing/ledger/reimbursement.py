"""What is outstanding on an invoice, and its payment status. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ReimbursementStatus(StrEnum):
    OPEN = "OPEN"
    PARTIALLY_PAID = "PARTIALLY_PAID"
    PAID = "PAID"
    OVERPAID = "OVERPAID"
    REFUNDED = "REFUNDED"


@dataclass(frozen=True, slots=True)
class Reimbursement:
    """Minor units. What is set off against a credit invoice counts as paid, and there as refunded.

    `due` is the invoice's total with its rounding: negative on a credit invoice, where the seller owes.
    """

    due: int
    paid: int = 0
    refunded: int = 0
    set_off: int = 0

    @property
    def outstanding(self) -> int:
        """What the buyer still owes; negative if the seller owes."""
        return self.due - self.paid + self.refunded

    @property
    def status(self) -> ReimbursementStatus:
        kept = self.paid - self.refunded
        if self.due < 0:
            return self._of_credit(kept)
        if 0 < self.paid <= self.refunded:
            return ReimbursementStatus.REFUNDED
        if self.outstanding < 0:
            return ReimbursementStatus.OVERPAID
        if self.outstanding == 0:
            return ReimbursementStatus.PAID
        return ReimbursementStatus.PARTIALLY_PAID if kept > 0 else ReimbursementStatus.OPEN

    def _of_credit(self, kept: int) -> ReimbursementStatus:
        if self.outstanding > 0:
            return ReimbursementStatus.OVERPAID
        if self.outstanding == 0:
            return ReimbursementStatus.REFUNDED
        return ReimbursementStatus.PARTIALLY_PAID if kept < 0 else ReimbursementStatus.OPEN
