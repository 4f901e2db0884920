"""A faster way to execute fields that are plain attributes.

For every field, graphql-core builds a path and a resolver's info, and Strawberry wraps the attribute: ten
microseconds each, and an invoice has a hundred fields. Most of them have no resolver and need none of that.
So a selection that has only attributes is turned into a reader once a request, and every line of an invoice
goes through it. Anything else (a null where none may be, a value that cannot be serialised) falls back to
graphql-core, which reports the error and its path.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from graphql.execution.collect_fields import FieldDetailsList
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types.field import StrawberryField

from schema.execution.sessions import replaced_fields

Read = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class PlainField:
    """A field that is an attribute of its object. `read` serialises it; None if it is an object itself."""

    attribute: str
    type: GraphQLOutputType
    read: Read | None


_EXTENSION = "plain_fields"


def keep_plain_fields(schema: GraphQLSchema) -> None:
    """Finds the plain fields of a schema and keeps them with it, where its executions look for them."""
    schema.extensions[_EXTENSION] = {
        (parent.name, name): PlainField(definition.python_name, field.type, _leaf_reader(field.type))
        for parent in schema.type_map.values()
        if isinstance(parent, GraphQLObjectType)
        for name, field in parent.fields.items()
        if isinstance(definition := field.extensions.get("strawberry-definition"), StrawberryField)
        and definition.is_basic_field
    }


def plain_fields(schema: GraphQLSchema) -> Mapping[tuple[str, str], PlainField]:
    """The plain fields that are kept with the schema, by the names of type and field."""
    kept: Mapping[tuple[str, str], PlainField] = schema.extensions[_EXTENSION]
    return kept


class UnexpectedNull(Exception):
    """A null where none may be: graphql-core reports where."""


class PlainFieldExecution(StrawberryGraphQLCoreExecutionContext):
    """Executes an operation of a schema whose plain fields are kept with it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._plain_fields = plain_fields(self.schema)
        self._replaced = replaced_fields(self.context_value)
        self._readers: dict[tuple[str, int], Read | None] = {}

    def execute_field(
        self,
        parent_type: GraphQLObjectType,
        source: Any,
        field_details_list: FieldDetailsList,
        path: Path,
        position_context: Any,
    ) -> Any:
        name = parent_type.name, field_details_list[0].node.name.value
        if name in self._replaced:
            return self._replaced[name](source)
        plain = self._plain_fields.get(name)
        if plain is not None and plain.read is not None:
            try:
                return plain.read(getattr(source, plain.attribute))
            except Exception:  # noqa: S110 (graphql-core reports it below, with its path)
                pass
        return super().execute_field(parent_type, source, field_details_list, path, position_context)

    def collect_and_execute_subfields(
        self,
        return_type: GraphQLObjectType,
        field_details_list: FieldDetailsList,
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        read = self._object_reader(return_type, field_details_list)
        if read is not None:
            try:
                return read(result)
            except Exception:  # noqa: S110 (graphql-core reports it below, with its path)
                pass
        return super().collect_and_execute_subfields(
            return_type, field_details_list, path, result, position_context
        )

    def _object_reader(self, parent: GraphQLObjectType, details: FieldDetailsList) -> Read | None:
        """Reads everything that is selected of an object; None if some of it needs a resolver.

        `id(details)` is a safe key: graphql-core keeps the list, with its sub-fields, as long as it executes.
        """
        key = (parent.name, id(details))
        if key not in self._readers:
            self._readers[key] = self._make_object_reader(parent, details)
        return self._readers[key]

    def _make_object_reader(self, parent: GraphQLObjectType, details: FieldDetailsList) -> Read | None:
        selected, deferred, _ = self.collect_subfields(parent, details)
        fields: list[tuple[str, str, Read]] = []
        for name, group in selected.items():
            field = parent.name, group[0].node.name.value
            plain = self._plain_fields.get(field)
            if plain is None or field in self._replaced:
                return None
            read = plain.read or self._inner_reader(plain.type, group)
            if read is None:
                return None
            fields.append((name, plain.attribute, read))
        if deferred:
            return None
        return lambda source: {name: read(getattr(source, attribute)) for name, attribute, read in fields}

    def _inner_reader(self, kind: GraphQLOutputType, details: FieldDetailsList) -> Read | None:
        """Reads a field whose value is an object, or a list of objects."""
        if is_non_null_type(kind):
            return _non_null_reader(self._inner_reader(kind.of_type, details))
        if is_list_type(kind):
            return _list_reader(self._inner_reader(kind.of_type, details))
        return _nullable_reader(self._object_reader(kind, details)) if is_object_type(kind) else None


def _leaf_reader(kind: GraphQLOutputType) -> Read | None:
    """Serialises a scalar, an enum, or a list of them; None for objects."""
    if is_non_null_type(kind):
        return _non_null_reader(_leaf_reader(kind.of_type))
    if is_list_type(kind):
        return _list_reader(_leaf_reader(kind.of_type))
    return _nullable_reader(kind.serialize) if is_leaf_type(kind) else None


def _non_null_reader(read: Read | None) -> Read | None:
    def read_value(value: Any) -> Any:
        if value is None:
            raise UnexpectedNull
        return read(value) if read else None

    return read and read_value


def _nullable_reader(read: Read | None) -> Read | None:
    return read and (lambda value: None if value is None else read(value))


def _list_reader(read: Read | None) -> Read | None:
    return read and (lambda values: None if values is None else [read(value) for value in values])
