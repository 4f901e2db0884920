"""A front door: its routes, and its part of the OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.routing import Route

from server.contexts import Contexts

OpenApiObject = Mapping[str, Any]
"""A JSON Schema, or another object of OpenAPI 3.1."""


@dataclass(frozen=True, slots=True)
class FrontDoor:
    """`name` is its tag in the OpenAPI document.

    `paths`, `schemas` and `security` are OpenAPI's `paths`, `components.schemas` and
    `components.securitySchemes`. No two front doors have a name in them in common.
    """

    name: str
    description: str
    routes: Callable[[Contexts], Sequence[Route]]
    paths: Mapping[str, OpenApiObject]
    schemas: Mapping[str, OpenApiObject]
    security: Mapping[str, OpenApiObject]
