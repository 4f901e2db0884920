"""Whether two executions of one operation say the same.

The data must be the same, byte for byte, and so must the errors, in any order: fields are executed at the
same time. There is one exception. Where a position became null because of errors below it, each execution
has to tell one of them at least, and may leave out others. For the error of a position that may not be null
"must propagate to the parent response position", and then "any sibling response positions which have not yet
executed or have not yet yielded a value may be cancelled" (GraphQL, September 2025, Executing Collected
Fields, Errors and Non-Null Fields). Which of two siblings that both fail comes first, and whether the other
is cancelled, is left to chance. A position that may be null and has failed itself has no such choice: its
error is told always.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from graphql import GraphQLError
from strawberry.types import ExecutionResult

_UNSTABLE = re.compile(  # signatures of links, ids of lines of a preview, what was counted until a refusal
    rb"https?://[^\"]*|\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"
    rb'|(?<="limit":"cost","value":)[0-9]+'
)

Place = tuple[str | int, ...]


def are_alike(one: ExecutionResult, other: ExecutionResult) -> bool:
    if _written(one.data) != _written(other.data):
        return False
    errors, others = one.errors or [], other.errors or []
    return _are_allowed(_only_in(errors, others), others, one.data) and _are_allowed(
        _only_in(others, errors), errors, one.data
    )


def _only_in(errors: Sequence[GraphQLError], others: Sequence[GraphQLError]) -> Iterable[GraphQLError]:
    left = Counter(_written(error.formatted) for error in others)
    for error in errors:
        said = _written(error.formatted)
        if left[said]:
            left[said] -= 1
        else:
            yield error


def _are_allowed(errors: Iterable[GraphQLError], others: Sequence[GraphQLError], data: Any) -> bool:
    """Whether errors may be told although the other execution has told only these."""
    made_null = {place for other in others if (place := _made_null(other, data)) is not None}
    return all(_made_null(error, data) in made_null for error in errors)


def _made_null(error: GraphQLError, data: Any) -> Place | None:
    """The position above that of the error which is null; None where there is none."""
    path = tuple(error.path or ())
    for depth, key in enumerate(path):
        if data is None:
            return path[:depth]
        data = data[key]
    return None


def _written(said: object) -> bytes:
    return _UNSTABLE.sub(b"...", orjson.dumps(said, default=str))
