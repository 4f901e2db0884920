"""Which refusals a siege forgives where the same call, sent at the same time, was done."""

from __future__ import annotations

import pytest

from tools.siege.refusal import Refusal

MADE = {"refund-2"}


@pytest.mark.parametrize(
    "refusal",
    [
        Refusal("NOT_REFUNDABLE", "It is a PAYMENT that is PENDING: only a paid one can be refunded."),
        Refusal("PAYMENT_UNDER_WAY", "A payment is under way.", ["payment-1"]),
    ],
)
def test_what_waits_for_another_payment_passes_by_itself(refusal: Refusal) -> None:
    assert refusal.may_have_passed(MADE)


@pytest.mark.parametrize(
    "refusal",
    [
        Refusal("NOT_REFUNDABLE", "It is a PAYMENT that is FAILED: only a paid one can be refunded."),
        Refusal("PAYMENT_UNDER_WAY", "A payment is under way.", ["refund-2"]),
        Refusal("PAYMENT_UNDER_WAY", "A payment is under way."),
        Refusal("REFUND_TOO_HIGH", "20 of the payment is left to refund.", ["payment-1"]),
    ],
)
def test_what_the_twin_itself_may_have_caused_is_not_forgiven(refusal: Refusal) -> None:
    assert not refusal.may_have_passed(MADE)


def test_two_refusals_of_one_call_are_the_same_unless_one_may_have_passed() -> None:
    too_high, unknown = Refusal("REFUND_TOO_HIGH", "20 is left."), Refusal("NOT_FOUND")
    pending = Refusal("NOT_REFUNDABLE", "It is a PAYMENT that is PENDING.")
    assert too_high.may_stand_beside(Refusal("REFUND_TOO_HIGH", "10 is left."))
    assert too_high.may_stand_beside(pending)
    assert pending.may_stand_beside(too_high)
    assert not too_high.may_stand_beside(unknown)
    assert not unknown.may_stand_beside(too_high)
