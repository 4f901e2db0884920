"""A front door: its routes, and its part of the OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.routing import Route

from server.contexts import Contexts

Schema = Mapping[str, Any]
"""A JSON Schema, or another object of OpenAPI 3.1."""


@dataclass(frozen=True, slots=True)
class Facade:
    """`name` is its tag in the document. `paths`, `schemas` and `security` are OpenAPI's `paths`,
    `components.schemas` and `components.securitySchemes`; their names are the façade's own."""

    name: str
    description: str
    routes: Callable[[Contexts], Sequence[Route]]
    paths: Mapping[str, Schema]
    schemas: Mapping[str, Schema]
    security: Mapping[str, Schema]
