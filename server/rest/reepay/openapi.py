"""Reepay's part of the OpenAPI document."""

from __future__ import annotations

from typing import Any

from server.rest.reepay.openapi_paths import PATHS
from server.rest.reepay.openapi_requests import REQUESTS
from server.rest.reepay.openapi_responses import RESPONSES

__all__ = ["PATHS", "SCHEMAS", "SECURITY"]

SCHEMAS: dict[str, Any] = {**REQUESTS, **RESPONSES}
SECURITY: dict[str, Any] = {
    "apiKey": {
        "type": "http",
        "scheme": "basic",
        "description": "The API key as user name, and an empty password.",
    }
}
