"""What is outstanding of an invoice, and the word for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.ledger.reimbursement import Reimbursement, ReimbursementStatus

amounts = st.integers(0, 10_000)


@pytest.mark.parametrize(
    ("due", "paid", "refunded", "outstanding", "status"),
    [
        (1_000, 0, 0, 1_000, "OPEN"),
        (1_000, 1, 0, 999, "PARTIALLY_PAID"),
        (1_000, 999, 0, 1, "PARTIALLY_PAID"),
        (1_000, 1_000, 0, 0, "PAID"),
        (1_000, 1_001, 0, -1, "OVERPAID"),
        (1_000, 1_001, 1, 0, "PAID"),
        (1_000, 1_000, 1, 1, "PARTIALLY_PAID"),
        (1_000, 1_000, 1_000, 1_000, "REFUNDED"),
        (1_000, 1, 1, 1_000, "REFUNDED"),
        (1_000, 2_000, 1_000, 0, "PAID"),
        (0, 0, 0, 0, "PAID"),
        (0, 5, 0, -5, "OVERPAID"),
        (0, 5, 5, 0, "REFUNDED"),
        (-1_000, 0, 0, -1_000, "OPEN"),
        (-1_000, 0, 1, -999, "PARTIALLY_PAID"),
        (-1_000, 0, 1_000, 0, "REFUNDED"),
        (-1_000, 0, 1_001, 1, "OVERPAID"),
    ],
)
def test_the_word_for_what_is_outstanding(
    due: int, paid: int, refunded: int, outstanding: int, status: str
) -> None:
    money = Reimbursement(due, paid, refunded)
    assert (money.outstanding, money.status) == (outstanding, status)


@given(due=st.integers(-10_000, 10_000), paid=amounts, refunded=amounts)
def test_whatever_is_paid_and_paid_back_the_word_agrees_with_the_amount(
    due: int, paid: int, refunded: int
) -> None:
    money = Reimbursement(due, paid, refunded)
    assert money.outstanding == due - paid + refunded
    asked = money.outstanding if due >= 0 else -money.outstanding
    if money.status is ReimbursementStatus.OVERPAID:
        assert asked < 0
    if money.status is ReimbursementStatus.PAID:
        assert asked == 0
    if money.status in (ReimbursementStatus.OPEN, ReimbursementStatus.PARTIALLY_PAID):
        assert asked > 0
