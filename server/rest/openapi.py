"""The OpenAPI document of the front doors, put together from what each says of itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.rest.door import Facade
from server.rest.http import json_response

VERSION = "0.2.0"
ABOUT = (
    "The same invoices as over GraphQL, in the words of other systems. Amounts are whole minor units "
    "unless a field says otherwise. Every answer has an `X-Request-ID`."
)


def document(facades: Iterable[Facade]) -> dict[str, Any]:
    """OpenAPI 3.1. Every operation gets the tag of its façade."""
    doors = list(facades)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Invoicing server", "version": VERSION, "description": ABOUT},
        "tags": [{"name": door.name, "description": door.description} for door in doors],
        "paths": {path: _tagged(item, door.name) for door in doors for path, item in door.paths.items()},
        "components": {
            "schemas": {name: schema for door in doors for name, schema in door.schemas.items()},
            "securitySchemes": {name: scheme for door in doors for name, scheme in door.security.items()},
        },
    }


def routes(facades: Iterable[Facade]) -> list[Route]:
    shown = document(facades)

    async def openapi(request: Request) -> Response:
        return json_response(shown)

    return [Route("/openapi.json", openapi)]


def _tagged(item: Any, tag: str) -> dict[str, Any]:
    return {name: {**part, "tags": [tag]} if isinstance(part, dict) else part for name, part in item.items()}
