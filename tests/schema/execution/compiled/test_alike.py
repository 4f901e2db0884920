"""What may differ between two executions, by which plans are judged."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import GraphQLError
from strawberry.types import ExecutionResult

from tests.support.alike import are_alike


def result(data: Any, *paths: list[str | int]) -> ExecutionResult:
    return ExecutionResult(data, [GraphQLError("It failed.", path=path) for path in paths])


@pytest.mark.parametrize(
    ("one", "other", "is_alike"),
    [
        (result({"a": 1}), result({"a": 1}), True),
        (result({"a": 1}), result({"a": 1.0}), False),
        (result({"a": 1, "b": 2}), result({"b": 2, "a": 1}), False),
        (result({"a": None, "b": None}, ["a"], ["b"]), result({"a": None, "b": None}, ["b"], ["a"]), True),
        (result({"a": None, "b": None}, ["a"], ["b"]), result({"a": None, "b": None}, ["a"]), False),
        (result({"a": None}, ["a"]), result({"a": None}), False),
        (result({"a": None}, ["a", "b"]), result({"a": None}, ["a", 0, "c"]), True),
        (result({"a": None}, ["a", "b"], ["a", "c"]), result({"a": None}, ["a", "c"]), True),
        (result({"a": None}, ["a", "b"], ["a", "b"]), result({"a": None}, ["a", "b"]), True),
        (result({"a": None}, ["a", "b"]), result({"a": None}, ["a"]), False),
        (result({"a": None}, ["a", "b"]), result({"a": None}), False),
        (result(None, ["a"]), result(None, ["b", "c"]), True),
        (result({"a": [None, 1]}, ["a", 0, "b"]), result({"a": [None, 1]}, ["a", 0, "c"]), True),
        (result({"a": None, "b": None}, ["a", "c"]), result({"a": None, "b": None}, ["b", "c"]), False),
        (result({"a": 1}, ["a"]), result({"a": 1}), False),
    ],
)
def test_where_a_position_was_made_null_any_of_the_errors_below_it_may_be_told(
    one: ExecutionResult, other: ExecutionResult, is_alike: bool
) -> None:
    assert are_alike(one, other) is is_alike
    assert are_alike(other, one) is is_alike
