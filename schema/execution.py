"""Execution with a short cut: a scalar that is a plain attribute is read and serialised at once.

graphql-core builds a resolver's info for every field, and Strawberry wraps every attribute: eight
microseconds each, for a hundred fields of an invoice. Most of them have no resolver and need neither.
What is not that simple (a null where none may be, a value that cannot be serialised) goes the usual way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphql import GraphQLObjectType, GraphQLSchema, get_nullable_type, is_leaf_type
from graphql.execution.collect_fields import FieldDetailsList
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types.field import StrawberryField

Plain = dict[tuple[str, str], tuple[str, Callable[[Any], Any]]]


class PlainFields(StrawberryGraphQLCoreExecutionContext):
    """For one schema: `plain` is filled by `plain_fields` once that is built."""

    plain: Plain = {}  # noqa: RUF012 (filled once, when the module is imported)

    def execute_field(
        self,
        parent_type: GraphQLObjectType,
        source: Any,
        field_details_list: FieldDetailsList,
        path: Path,
        position_context: Any,
    ) -> Any:
        found = self.plain.get((parent_type.name, field_details_list[0].node.name.value))
        if found is not None:
            attribute, serialize = found
            value = getattr(source, attribute)
            if value is not None:
                try:
                    return serialize(value)
                except Exception:  # noqa: S110 (told below, with its path)
                    pass
        return super().execute_field(parent_type, source, field_details_list, path, position_context)


def plain_fields(schema: GraphQLSchema) -> Plain:
    """The fields that are plain attributes of a scalar or an enum, by type and name."""
    return {
        (parent.name, name): (definition.python_name, leaf.serialize)
        for parent in schema.type_map.values()
        if isinstance(parent, GraphQLObjectType)
        for name, field in parent.fields.items()
        if isinstance(definition := field.extensions.get("strawberry-definition"), StrawberryField)
        and definition.is_basic_field
        and is_leaf_type(leaf := get_nullable_type(field.type))
    }
