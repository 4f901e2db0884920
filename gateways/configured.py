"""The gateways that the settings enable."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gateways.protocol import Gateway
from gateways.sandbox import Sandbox


def configured_gateways(*, sandbox: Path | None, stripe_key: str, stripe_base: str) -> Mapping[str, Gateway]:
    """The gateways by name. `sandbox` is its file; `stripe_base` replaces Stripe's address, if not empty."""
    gateways: list[Gateway] = []
    if sandbox is not None:
        gateways.append(Sandbox(sandbox))
    if stripe_key:
        from gateways.stripe import Stripe  # not at the top: the library takes half a second to load

        gateways.append(Stripe(stripe_key, api_base=stripe_base))
    return {gateway.name: gateway for gateway in gateways}
