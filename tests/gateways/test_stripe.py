"""The real library against a fake Stripe."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateways.protocol import MethodRefused, Outcome, Unavailable
from gateways.stripe import Stripe
from tests.support.fake_stripe import KEY, FakeStripe
from tests.support.gateway_requests import charge, refund

INTENTS, REFUNDS = "/v1/payment_intents", "/v1/refunds"


def attached_customer(
    stripe: Stripe, reference: str, *, account_id: str = "account-1", name: str = "Ann Baker"
) -> str:
    """The id of the customer at Stripe to which the payment method is attached now."""
    owner = {"account_id": account_id, "customer_id": "ann", "name": name}
    method = stripe.method(reference, **owner, email="ann@example.com")
    assert method.label == "Visa •••• 4242"
    assert method.customer
    return method.customer


def test_a_charge_is_an_off_session_payment_that_knows_our_ids(
    stripe: Stripe, fake_stripe: FakeStripe
) -> None:
    customer = attached_customer(stripe, "pm_card_visa")
    paid = stripe.charge(charge(method="pm_card_visa", customer=customer, amount=7, currency="ISK"))
    (intent,) = fake_stripe.books.all("payment_intent")
    assert paid == Outcome("PAID", intent["id"])
    assert intent["metadata"] == {"payment_id": "payment-1", "account_id": "account-1"}
    assert (intent["amount"], intent["currency"], intent["customer"]) == (700, "isk", customer)
    assert (intent["confirm"], intent["off_session"]) == ("true", "true")


def test_an_amount_stripe_cannot_take_is_not_sent(stripe: Stripe, fake_stripe: FakeStripe) -> None:
    assert stripe.charge(charge(amount=1, currency="KWD")).status == "FAILED"
    assert stripe.refund(refund("pi_1", amount=1, currency="KWD")).status == "FAILED"
    assert fake_stripe.books.requests == []


@pytest.mark.parametrize("trouble", ["500", "503", "429", "409", "401", "403"])
def test_a_server_error_makes_the_gateway_unavailable(
    stripe: Stripe, fake_stripe: FakeStripe, trouble: str
) -> None:
    request = charge(method="pm_card_visa")
    fake_stripe.next(INTENTS, trouble)
    with pytest.raises(Unavailable):
        stripe.charge(request)
    assert stripe.find_charge(request) is None
    assert stripe.charge(request).status == "PAID"


def test_a_server_that_does_not_respond_is_unavailable(stripe: Stripe, fake_stripe: FakeStripe) -> None:
    hasty = Stripe(KEY, api_base=fake_stripe.url, timeout=2)
    request = charge(method="pm_card_visa")
    fake_stripe.next(INTENTS, "hang")
    with pytest.raises(Unavailable):
        hasty.charge(request)
    hasty.close()
    found = stripe.find_charge(request)
    assert found is not None
    assert found.status == "PAID"


def test_a_server_that_cannot_be_reached_is_unavailable() -> None:
    stripe = Stripe(KEY, api_base="http://127.0.0.1:1")
    with pytest.raises(Unavailable):
        stripe.find_charge(charge())
    with pytest.raises(Unavailable):
        attached_customer(stripe, "pm_card_visa")
    stripe.close()


def test_a_bank_that_asks_for_the_owner_declines_with_its_own_message(stripe: Stripe) -> None:
    request = charge(method="pm_card_authenticationRequired")
    refused = stripe.charge(request)
    assert (refused.status, refused.error) == ("FAILED", "This transaction requires authentication.")
    assert stripe.find_charge(request) == refused


def test_a_payment_that_waits_for_its_owner_is_cancelled(stripe: Stripe, fake_stripe: FakeStripe) -> None:
    request = charge(method="pm_card_action")
    refused = stripe.charge(request)
    assert refused.status == "FAILED"
    assert [intent["status"] for intent in fake_stripe.books.all("payment_intent")] == ["canceled"]
    assert stripe.find_charge(request) == refused
    assert stripe.charge(request) == refused


def test_a_waiting_payment_whose_response_was_lost_is_cancelled_when_found(
    stripe: Stripe, fake_stripe: FakeStripe
) -> None:
    request = charge(method="pm_card_action")
    fake_stripe.next(INTENTS, "lose")
    with pytest.raises(Unavailable):
        stripe.charge(request)
    found = stripe.find_charge(request)
    assert found is not None
    assert found.status == "FAILED"


@pytest.mark.parametrize("method", ["pm_card_processing", "pm_card_confirming"])
def test_a_payment_in_processing_is_pending_until_it_is_paid(
    stripe: Stripe, fake_stripe: FakeStripe, method: str
) -> None:
    request = charge(method=method)
    pending = stripe.charge(request)
    assert pending.status == "PENDING"
    assert stripe.find_charge(request) == pending
    fake_stripe.books.all("payment_intent")[0]["status"] = "succeeded"
    assert stripe.find_charge(request) == Outcome("PAID", pending.reference)


def test_what_stripe_refuses_has_failed(stripe: Stripe) -> None:
    refused = stripe.charge(charge(method="card_of_before"))
    assert refused == Outcome("FAILED", None, "No such PaymentMethod: 'card_of_before'")


@pytest.mark.parametrize(
    ("status", "outcome"),
    [("succeeded", "PAID"), ("requires_action", "PENDING"), ("failed", "FAILED"), ("canceled", "FAILED")],
)
def test_a_pending_refund_is_asked_about_later(
    stripe: Stripe, fake_stripe: FakeStripe, status: str, outcome: str
) -> None:
    request = refund(stripe.charge(charge(method="pm_card_pendingRefund")).reference)
    assert stripe.refund(request).status == "PENDING"
    (created,) = fake_stripe.books.all("refund")
    created.update(status=status, failure_reason="expired_or_canceled_card" if status == "failed" else None)
    found = stripe.find_refund(request)
    assert found is not None
    assert found.status == outcome
    if status == "failed":
        assert found.error == "Stripe could not refund this: expired or canceled card."


def test_a_charge_and_a_refund_are_found_on_any_page(stripe: Stripe, fake_stripe: FakeStripe) -> None:
    fake_stripe.books.page = 2
    requests = [charge(id=f"payment-{number}", method="pm_card_visa") for number in range(5)]
    paid = [stripe.charge(one) for one in requests]
    assert [stripe.find_charge(one) for one in requests] == paid
    refunds = [refund(paid[0].reference, id=f"refund-{number}", amount=1) for number in range(5)]
    refunded = [stripe.refund(one) for one in refunds]
    assert [stripe.find_refund(one) for one in refunds] == refunded


def test_only_charges_since_created_at_are_searched(stripe: Stripe) -> None:
    request = charge(method="pm_card_visa")
    stripe.charge(request)
    tomorrow = replace(request, created_at=datetime.now(UTC) + timedelta(days=1))
    assert stripe.find_charge(tomorrow) is None


def test_a_customer_is_made_once_and_its_payment_method_attached(
    stripe: Stripe, fake_stripe: FakeStripe
) -> None:
    first = attached_customer(stripe, "pm_card_visa")
    assert attached_customer(stripe, "pm_card_visa") == first
    assert attached_customer(stripe, "pm_card_mastercard") == first
    (customer,) = fake_stripe.books.all("customer")
    assert (customer["id"], customer["name"], customer["email"]) == (first, "Ann Baker", "ann@example.com")
    assert customer["metadata"] == {"account_id": "account-1", "customer_id": "ann"}
    attached_customer(stripe, "pm_card_amex", name="Ann Cook")


@pytest.mark.parametrize(
    ("reference", "sentence"),
    [
        ("visa", "A payment method of Stripe begins with pm_."),
        ("pm_unknown", "No such PaymentMethod: 'pm_unknown'"),
        ("pm_card_unattachable", "Your card was declined."),
    ],
)
def test_a_payment_method_is_refused_in_a_sentence(stripe: Stripe, reference: str, sentence: str) -> None:
    with pytest.raises(MethodRefused) as refusal:
        attached_customer(stripe, reference)
    assert str(refusal.value) == sentence


def test_a_payment_method_of_another_account_is_refused(stripe: Stripe) -> None:
    attached_customer(stripe, "pm_card_visa")
    with pytest.raises(MethodRefused, match="somebody else"):
        attached_customer(stripe, "pm_card_visa", account_id="account-2")


def test_the_secret_key_is_never_shown(fake_stripe: FakeStripe, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    stripe = Stripe("sk_live_wrong", api_base=fake_stripe.url)
    with pytest.raises(Unavailable) as refusal:
        stripe.charge(charge(method="pm_card_visa"))
    stripe.close()
    shown = [
        caplog.text,
        repr(refusal.value),
        repr(refusal.value.__cause__),
        repr(stripe),
        repr(vars(stripe)),
    ]
    assert INTENTS in caplog.text
    assert "sk_live_wrong" not in "".join(shown)
