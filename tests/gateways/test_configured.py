"""A server has the gateways that its settings name."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateways.configured import configured_gateways
from server.settings import Settings


def test_without_settings_there_is_no_gateway() -> None:
    assert configured_gateways(sandbox=None, stripe_key="", stripe_base="") == {}


def test_each_gateway_goes_by_its_name(tmp_path: Path) -> None:
    gateways = configured_gateways(sandbox=tmp_path / "sandbox.db", stripe_key="sk_test_1", stripe_base="")
    assert [gateways[name].name for name in ("sandbox", "stripe")] == ["sandbox", "stripe"]
    for gateway in gateways.values():
        gateway.close()


def test_settings_do_not_show_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INVOICING_STRIPE_SECRET_KEY", "sk_live_1")
    settings = Settings()
    assert settings.stripe_secret_key == "sk_live_1"
    assert "sk_live_1" not in repr(settings)
