"""An operation as graphql-core selects its fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import strawberry
from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLObjectType,
    OperationDefinitionNode,
)
from graphql.execution.collect_fields import (
    CollectedFields,
    FieldDetailsList,
    FragmentDetails,
    GroupedFieldSet,
    collect_fields,
    collect_subfields,
)

from schema.execution.compiled.running import Unplanned

Replaced = Mapping[tuple[str, str], Callable[[Any], object]]
"""What is shown of an object instead of a field, by the names of type and field."""


@dataclass(frozen=True, slots=True)
class Selecting:
    schema: strawberry.Schema
    document: DocumentNode
    operation: OperationDefinitionNode
    flags: Any
    """graphql-core's values of the variables that @skip and @include look at."""
    replaced: Replaced

    @property
    def core(self) -> Any:
        return self.schema._schema

    def fragments(self) -> dict[str, FragmentDetails]:
        return {
            each.name.value: FragmentDetails(each)
            for each in self.document.definitions
            if isinstance(each, FragmentDefinitionNode)
        }

    def of_root(self, root: GraphQLObjectType) -> GroupedFieldSet:
        collected = collect_fields(self.core, self.fragments(), self.flags, root, self.operation)
        return _all_at_once(collected)

    def of_object(self, kind: GraphQLObjectType, details: FieldDetailsList) -> GroupedFieldSet:
        collected = collect_subfields(self.core, self.fragments(), self.flags, self.operation, kind, details)
        return _all_at_once(collected)


def _all_at_once(collected: CollectedFields) -> GroupedFieldSet:
    if collected.new_defer_usages:
        raise Unplanned
    return collected.grouped_field_set
