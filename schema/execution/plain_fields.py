"""Execution with a short cut: what is plain data is read and serialised at once.

graphql-core builds a path and a resolver's info for every field, and Strawberry wraps every attribute: ten
microseconds each, for a hundred fields of an invoice. Most of them have no resolver and need none of it. So
a selection of nothing but attributes is made into a reader once a request, and each line of an invoice goes
through it. What is not that simple (a null where none may be, a value that cannot be serialised) goes the
usual way, which tells what is wrong and where.
"""

from __future__ import annotations

from collections.abc import Callable
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

Read = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Plain:
    """A field that is an attribute of its object; `read` makes its value an answer where that is a scalar."""

    attribute: str
    type: GraphQLOutputType
    read: Read | None


PLAIN: dict[tuple[str, str], Plain] = {}
"""The plain fields by type and name: `plain_fields` finds them once the schema is built."""


class NotPlain(Exception):
    """A null where none may be: the usual way tells where."""


class PlainFields(StrawberryGraphQLCoreExecutionContext):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._readers: dict[tuple[str, int], Read | None] = {}

    def execute_field(
        self,
        parent_type: GraphQLObjectType,
        source: Any,
        field_details_list: FieldDetailsList,
        path: Path,
        position_context: Any,
    ) -> Any:
        plain = PLAIN.get((parent_type.name, field_details_list[0].node.name.value))
        if plain is not None and plain.read is not None:
            try:
                return plain.read(getattr(source, plain.attribute))
            except Exception:  # noqa: S110 (told below, with its path)
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
        read = self._reader(return_type, field_details_list)
        if read is not None:
            try:
                return read(result)
            except Exception:  # noqa: S110 (told below, with its path)
                pass
        return super().collect_and_execute_subfields(
            return_type, field_details_list, path, result, position_context
        )

    def _reader(self, parent: GraphQLObjectType, details: FieldDetailsList) -> Read | None:
        """Reads all that is selected of an object; None if some of it needs a resolver."""
        key = (
            parent.name,
            id(details),
        )  # the list lives as long as the execution: its sub-fields are kept with it
        if key not in self._readers:
            self._readers[key] = self._made_reader(parent, details)
        return self._readers[key]

    def _made_reader(self, parent: GraphQLObjectType, details: FieldDetailsList) -> Read | None:
        selected, deferred, _ = self.collect_subfields(parent, details)
        fields: list[tuple[str, str, Read]] = []
        for name, group in selected.items():
            plain = PLAIN.get((parent.name, group[0].node.name.value))
            if plain is None:
                return None
            read = plain.read or self._completer(plain.type, group)
            if read is None:
                return None
            fields.append((name, plain.attribute, read))
        if deferred:
            return None
        return lambda source: {name: read(getattr(source, attribute)) for name, attribute, read in fields}

    def _completer(self, kind: GraphQLOutputType, details: FieldDetailsList) -> Read | None:
        if is_non_null_type(kind):
            return _required(self._completer(kind.of_type, details))
        if is_list_type(kind):
            return _each(self._completer(kind.of_type, details))
        return _given(self._reader(kind, details)) if is_object_type(kind) else None


def plain_fields(schema: GraphQLSchema) -> dict[tuple[str, str], Plain]:
    """The fields that are attributes of their object, by type and name."""
    return {
        (parent.name, name): Plain(definition.python_name, field.type, _leaf(field.type))
        for parent in schema.type_map.values()
        if isinstance(parent, GraphQLObjectType)
        for name, field in parent.fields.items()
        if isinstance(definition := field.extensions.get("strawberry-definition"), StrawberryField)
        and definition.is_basic_field
    }


def _leaf(kind: GraphQLOutputType) -> Read | None:
    if is_non_null_type(kind):
        return _required(_leaf(kind.of_type))
    if is_list_type(kind):
        return _each(_leaf(kind.of_type))
    return _given(kind.serialize) if is_leaf_type(kind) else None


def _required(read: Read | None) -> Read | None:
    def required(value: Any) -> Any:
        if value is None:
            raise NotPlain
        return read(value) if read else None

    return read and required


def _given(read: Read | None) -> Read | None:
    return read and (lambda value: None if value is None else read(value))


def _each(read: Read | None) -> Read | None:
    return read and (lambda values: None if values is None else [read(value) for value in values])
