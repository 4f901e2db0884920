"""What stands in the way of an e-invoice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """`rule` is the identifier that the rule has where it comes from; `field` a field of GraphQL's inputs."""

    rule: str
    field: str
    message: str


Problems = Iterator[Problem]
