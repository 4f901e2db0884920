"""What is true of every gateway."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from gateways.protocol import IdReused, Method, MethodRefused, Outcome, Unavailable
from tests.gateways.conftest import Provider
from tests.support.gateway_requests import charge, refund


def test_money_moves_once_for_an_id(provider: Provider) -> None:
    request = charge(method=provider.method("approve"))
    first = provider.gateway.charge(request)
    assert (first.status, first.error) == ("PAID", None)
    assert first.reference
    assert provider.gateway.charge(request) == first
    assert provider.gateway.find_charge(request) == first
    assert provider.gateway.charge(replace(request, id="payment-2")).reference != first.reference


def test_simultaneous_charges_with_one_id_get_one_outcome(provider: Provider) -> None:
    request = charge(method=provider.method("approve"))
    with ThreadPoolExecutor(8) as threads:
        outcomes = set(threads.map(provider.gateway.charge, [request] * 16))
    assert len(outcomes) == 1


def test_another_amount_under_the_same_id_is_refused(provider: Provider) -> None:
    request = charge(method=provider.method("approve"))
    paid = provider.gateway.charge(request)
    with pytest.raises(IdReused):
        provider.gateway.charge(replace(request, amount=1))
    assert provider.gateway.charge(request) == paid


def test_accounts_do_not_know_each_others_ids(provider: Provider) -> None:
    mine = charge(method=provider.method("approve"))
    theirs = replace(mine, account_id="account-2", amount=1)
    outcome = provider.gateway.charge(mine)
    assert provider.gateway.find_charge(theirs) is None
    assert provider.gateway.charge(theirs).reference != outcome.reference


def test_an_expired_card_never_works_again(provider: Provider) -> None:
    request = charge(method=provider.method("expired"))
    expired = provider.gateway.charge(request)
    assert (expired.status, expired.is_method_spent) == ("FAILED", True)
    assert provider.gateway.find_charge(request) == expired


def test_a_declined_card_is_an_outcome(provider: Provider) -> None:
    request = charge(method=provider.method("decline"))
    declined = provider.gateway.charge(request)
    assert declined.status == "FAILED"
    assert declined.error
    assert declined.error.endswith("card was declined.")
    assert provider.gateway.charge(request) == declined
    assert provider.gateway.find_charge(request) == declined


def test_a_charge_whose_response_is_lost_is_found(provider: Provider) -> None:
    request = charge(method=provider.method("fail-after"))
    with pytest.raises(Unavailable):
        provider.gateway.charge(request)
    found = provider.gateway.find_charge(request)
    assert found is not None
    assert found.status == "PAID"
    assert provider.gateway.charge(request) == found


def test_a_charge_that_never_arrived_is_not_found(provider: Provider) -> None:
    request = charge(method=provider.method("fail"))
    with pytest.raises(Unavailable):
        provider.gateway.charge(request)
    assert provider.gateway.find_charge(request) is None


def test_a_charge_is_refunded_in_parts_up_to_its_amount(provider: Provider) -> None:
    paid = provider.gateway.charge(charge(method=provider.method("approve"), amount=1_000))
    first = refund(paid.reference, amount=600)
    done = provider.gateway.refund(first)
    assert (done.status, done.error) == ("PAID", None)
    assert provider.gateway.refund(first) == done
    assert provider.gateway.find_refund(first) == done
    too_much = provider.gateway.refund(refund(paid.reference, id="refund-2", amount=401))
    assert too_much.status == "FAILED"
    assert too_much.error
    assert "400" in too_much.error
    rest = provider.gateway.refund(refund(paid.reference, id="refund-3", amount=400))
    assert rest.status == "PAID"
    assert rest.reference != done.reference


def test_another_amount_under_a_refunds_id_is_refused(provider: Provider) -> None:
    paid = provider.gateway.charge(charge(method=provider.method("approve")))
    provider.gateway.refund(refund(paid.reference, amount=1))
    with pytest.raises(IdReused):
        provider.gateway.refund(refund(paid.reference, amount=2))


@pytest.mark.parametrize(("name", "arrives"), [("fail-after", True), ("fail", False)])
def test_a_refund_without_a_response_is_found_if_it_arrived(
    provider: Provider, name: str, arrives: bool
) -> None:
    paid = provider.gateway.charge(charge(method=provider.method(f"approve-refund-{name}")))
    request = refund(paid.reference)
    with pytest.raises(Unavailable):
        provider.gateway.refund(request)
    found = provider.gateway.find_refund(request)
    assert (found is not None) is arrives
    assert found is None or found == Outcome("PAID", found.reference)


def test_a_payment_method_is_looked_up_by_its_reference(provider: Provider) -> None:
    def look_up(reference: str) -> Method:
        owner = {"account_id": "account-1", "customer_id": "ann", "name": "Ann Baker"}
        return provider.gateway.method(reference, **owner, email=None)

    reference = provider.method("approve")
    method = look_up(reference)
    assert method.reference == reference
    assert method.label
    assert look_up(reference) == method
    request = charge(method=method.reference, customer=method.customer)
    assert provider.gateway.charge(request).status == "PAID"
    assert provider.gateway.find_charge(request)
    with pytest.raises(MethodRefused):
        look_up("nonsense")
