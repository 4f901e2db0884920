"""Fixtures: a sandbox, Stripe's client with a fake Stripe on a socket, and each of the two as `provider`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from gateways.protocol import Gateway
from gateways.sandbox import Sandbox
from gateways.stripe import Stripe
from tests.support.fake_stripe import KEY, FakeStripe
from tests.support.patience import PATIENCE

_CARDS = {
    "expired": "pm_card_expired",
    "decline": "pm_card_visa_chargeDeclined",
    "late": "pm_card_processing",
}
_TROUBLES = {
    "fail": ("/v1/payment_intents", "drop"),
    "fail-after": ("/v1/payment_intents", "lose"),
    "approve-refund-fail": ("/v1/refunds", "drop"),
    "approve-refund-fail-after": ("/v1/refunds", "lose"),
}


class Provider(NamedTuple):
    gateway: Gateway
    method: Callable[[str], str]
    """The payment method that behaves like the sandbox's one with the given name."""


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    sandbox = Sandbox(tmp_path / "sandbox.db", late_after=0)
    yield sandbox
    sandbox.close()


@pytest.fixture
def fake_stripe() -> Iterator[FakeStripe]:
    fake = FakeStripe()
    yield fake
    fake.close()


@pytest.fixture
def stripe(fake_stripe: FakeStripe) -> Iterator[Stripe]:
    stripe = Stripe(KEY, api_base=fake_stripe.url, timeout=PATIENCE)
    yield stripe
    stripe.close()


@pytest.fixture(params=["sandbox", "stripe"])
def provider(request: pytest.FixtureRequest) -> Provider:
    gateway: Gateway = request.getfixturevalue(request.param)
    if request.param == "sandbox":
        return Provider(gateway, str)
    fake: FakeStripe = request.getfixturevalue("fake_stripe")

    def method(name: str) -> str:
        if name in _TROUBLES:
            fake.next(*_TROUBLES[name])
        return _CARDS.get(name, "pm_card_visa")

    return Provider(gateway, method)
