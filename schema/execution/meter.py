"""What an answer costs, counted while it is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from graphql import GraphQLError, GraphQLSchema

from schema.codes import Code
from schema.execution.limits import Limits

# In thousandths of a point. Together they bound the bytes of an answer, and the time to make it.
POINT = 1_000
OBJECT = POINT
VALUE = 100
CHARACTER = 1  # of a text, of JSON, and of the name under which a value is asked for


class Meter:
    """Adds up what an answer costs, in `spent`. Where that is more than `most`, it is not made any further.

    `done` has the ids of what the operation has changed so far: these changes are not undone.
    """

    __slots__ = ("done", "is_ended", "most", "spent")

    def __init__(self, most: int) -> None:
        self.most = most * POINT
        self.spent = 0
        self.is_ended = False
        self.done: dict[str, Mapping[str, str]] = {}

    @property
    def is_over(self) -> bool:
        return self.spent > self.most

    def end(self) -> None:
        """For an answer that nobody waits for any more, or that fails in another place."""
        self.is_ended = True
        self.spent = self.most + 1

    def refusal(self) -> GraphQLError:
        """Why the answer was not made."""
        most, value = self.most // POINT, -(-self.spent // POINT)
        extensions = {"code": Code.QUERY_TOO_COMPLEX, "limit": "cost", "value": value, "most": most}
        if not self.done:
            return GraphQLError(
                f"It costs more than {most:,} points. Ask for smaller pages, or for less of each row.",
                extensions=extensions,
            )
        return GraphQLError(
            f"It was done, but its answer costs more than {most:,} points: `done` has the ids. "
            "Ask for what you need of it by queries.",
            path=[*self.done][-1:],
            extensions={**extensions, "done": self.done},
        )


def size(value: Any) -> int:
    """What a value costs beyond VALUE: that of a text, of JSON, or of a list of values."""
    if isinstance(value, str):
        return len(value) * CHARACTER
    if isinstance(value, list):
        texts = [len(each) * CHARACTER if each.__class__ is str else size(each) for each in value]
        return len(value) * VALUE + sum(texts)
    return len(orjson.dumps(value)) * CHARACTER if isinstance(value, dict) else 0


_EXTENSION = "most_cost"
_USUAL = Limits().cost


def limit_cost(schema: GraphQLSchema, most: int) -> None:
    """Keeps the most points that an answer may cost with the schema, where its executions look for it."""
    schema.extensions[_EXTENSION] = most


def meter_of(schema: GraphQLSchema) -> Meter:
    """A meter for one answer."""
    return Meter(schema.extensions.get(_EXTENSION, _USUAL))
