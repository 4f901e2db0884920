"""Refuses an operation that asks for more than one request may have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError, GraphQLSchema, OperationDefinitionNode

from invoicing.texts import LONGEST_NAME
from schema.codes import Code
from schema.execution.cost import PageSizes, Weight, literal_size, page_size, weigh_operation
from schema.execution.outline import Outline


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one operation may have.

    It costs a point for each object that it returns, and for each fragment that it spreads; and less for what
    is in the objects (`schema.execution.meter`).
    """

    depth: int = 16  # GraphiQL's introspection has 15
    aliases: int = 50
    root_fields: int = 30
    cost: int = 50_000
    alias_length: int = LONGEST_NAME


def page_sizes(
    outline: Outline, operation: OperationDefinitionNode, variables: Mapping[str, Any]
) -> dict[str, int | None]:
    """How long the variables make the pages, by the variables' names."""
    if not outline.size_variables:
        return {}
    declared = operation.variable_definitions or ()
    defaults = {each.variable.name.value: literal_size(each.default_value) for each in declared}
    return {name: page_size(variables.get(name, defaults.get(name))) for name in outline.size_variables}


def limit_errors(
    schema: GraphQLSchema,
    outline: Outline,
    operation: OperationDefinitionNode,
    sizes: PageSizes,
    limits: Limits,
) -> list[GraphQLError]:
    """One error for each limit that the operation is over."""
    weight = weigh_operation(schema, outline, operation, sizes)
    return [
        GraphQLError(
            sentence.format(value=value, most=most),
            operation,
            extensions={"code": Code.QUERY_TOO_COMPLEX, "limit": limit, "value": value, "most": most},
        )
        for limit, value, most, sentence in _compare(weight, outline, limits)
        if value > most
    ]


def _compare(weight: Weight, outline: Outline, limits: Limits) -> list[tuple[str, int, int, str]]:
    """Each limit's name, the operation's value, the most it may be, and what is said if it is more."""
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
        (
            "alias_length",
            outline.longest_alias,
            limits.alias_length,
            "It has an alias of {value:,} characters: {most:,} at most.",
        ),
    ]
