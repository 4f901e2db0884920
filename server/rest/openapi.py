"""The OpenAPI document, put together from the parts of the front doors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.rest.front_door import FrontDoor
from server.rest.http import json_response

VERSION = "0.2.0"
ABOUT = (
    "The same invoices as over GraphQL, in the words of other systems. Amounts are whole minor units "
    "unless a field says otherwise. Every answer has an `X-Request-ID`."
)

_TEXT = {"text/plain": {"schema": {"type": "string"}}}
BEFORE_THE_DOOR = {
    "408": {
        "description": "The request took too long to arrive; the connection is closed.",
        "content": _TEXT,
    },
    "431": {"description": "Request line and headers are too large; it is closed.", "content": _TEXT},
}
"""What the connection itself refuses, by status, whatever is asked for."""


def openapi_document(front_doors: Iterable[FrontDoor], base_url: str) -> dict[str, Any]:
    """OpenAPI 3.1. Every operation has its front door as tag."""
    doors = list(front_doors)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Invoicing server", "version": VERSION, "description": ABOUT},
        "servers": [{"url": base_url, "description": "The server that this document comes from."}],
        "tags": [{"name": door.name, "description": door.description} for door in doors],
        "paths": {path: _tagged(item, door.name) for door in doors for path, item in door.paths.items()},
        "components": {
            "schemas": {name: schema for door in doors for name, schema in door.schemas.items()},
            "securitySchemes": {name: scheme for door in doors for name, scheme in door.security.items()},
        },
    }


def routes(front_doors: Iterable[FrontDoor], base_url: str) -> list[Route]:
    document = openapi_document(front_doors, base_url)

    async def openapi(request: Request) -> Response:
        return json_response(document)

    return [Route("/openapi.json", openapi)]


def _tagged(item: Any, tag: str) -> dict[str, Any]:
    return {name: _operation(part, tag) if isinstance(part, dict) else part for name, part in item.items()}


def _operation(part: dict[str, Any], tag: str) -> dict[str, Any]:
    return {
        **part,
        "tags": [tag],
        "responses": dict(sorted({**part["responses"], **BEFORE_THE_DOOR}.items())),
    }
