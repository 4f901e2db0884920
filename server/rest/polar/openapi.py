"""Polar's part of the OpenAPI document."""

from __future__ import annotations

from typing import Any

from server.rest.polar.openapi_paths import PATHS
from server.rest.polar.openapi_requests import REQUESTS
from server.rest.polar.openapi_responses import RESPONSES

__all__ = ["PATHS", "SCHEMAS", "SECURITY"]

SCHEMAS: dict[str, Any] = {**REQUESTS, **RESPONSES}
SECURITY: dict[str, Any] = {
    "customerSession": {
        "type": "http",
        "scheme": "bearer",
        "description": "A customer session's token: `inv_cs_…`.",
    },
    "merchantKey": {"type": "http", "scheme": "bearer", "description": "An API key: `inv_…`."},
}
