"""What the commands of webhook endpoints take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Required, TypedDict


class UpdateWebhookEndpointValues(TypedDict, total=False):
    url: str | None
    events: Sequence[str] | None
    description: str | None
    is_active: bool | None


class CreateWebhookEndpointValues(TypedDict, total=False):
    url: Required[str]
    events: Required[Sequence[str]]
    description: str | None
    idempotency_key: str | None
