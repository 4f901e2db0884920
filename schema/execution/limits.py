"""Refuses a document that asks for more than one request may have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError, GraphQLSchema, OperationDefinitionNode

from schema.execution.cost import Sizes, Weight, literal, size_of, weighed
from schema.execution.outline import Outline

CODE = "QUERY_TOO_COMPLEX"


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one operation. It costs a point for each object it may answer with, and each fragment it spreads."""

    depth: int = 16  # GraphiQL's introspection has 15
    aliases: int = 50
    root_fields: int = 30
    cost: int = 50_000


def sizes(
    outline: Outline, operation: OperationDefinitionNode, variables: Mapping[str, Any]
) -> dict[str, int | None]:
    """How long the variables make the pages."""
    if not outline.sizing:
        return {}
    declared = operation.variable_definitions or ()
    defaults = {each.variable.name.value: literal(each.default_value) for each in declared}
    return {name: size_of(variables.get(name, defaults.get(name))) for name in outline.sizing}


def refusals(
    schema: GraphQLSchema,
    outline: Outline,
    operation: OperationDefinitionNode,
    given: Sizes,
    limits: Limits,
) -> list[GraphQLError]:
    """One for each limit that the operation is over."""
    weight = weighed(schema, outline, operation, given)
    return [
        GraphQLError(
            sentence.format(value=value, most=most),
            operation,
            extensions={"code": CODE, "limit": limit, "value": value, "most": most},
        )
        for limit, value, most, sentence in _held_against(weight, limits)
        if value > most
    ]


def _held_against(weight: Weight, limits: Limits) -> list[tuple[str, int, int, str]]:
    return [
        ("depth", weight.depth, limits.depth, "It goes {value:,} levels deep: {most:,} at most."),
        ("aliases", weight.aliases, limits.aliases, "It has {value:,} aliases: {most:,} at most."),
        ("root_fields", weight.fields, limits.root_fields, "It has {value:,} root fields: {most:,} at most."),
        (
            "cost",
            weight.cost,
            limits.cost,
            "It costs {value:,} points: {most:,} at most. Ask for smaller pages, or for less of each row.",
        ),
    ]
