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
    GraphQLResolveInfoHelpers,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from graphql.execution.collect_fields import FieldDetailsList
from graphql.pyutils import Path, gather_with_cancel
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types.field import StrawberryField

from schema.execution.meter import OBJECT, VALUE, meter_of, size
from schema.execution.sessions import replaced_fields

AT_ONCE = 50
"""The items of a list that are read without a pause."""

Read = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class PlainField:
    """A field that is an attribute of its object. `read` serialises it; None if it is an object itself.

    `size` measures a value that may be long; None if it cannot be.
    """

    attribute: str
    type: GraphQLOutputType
    read: Read | None
    size: Callable[[Any], int] | None


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads a selection of an object; None if some of it needs a resolver. `cost` is that of each object."""

    read: Read | None
    cost: int


_EXTENSION = "plain_fields"


def keep_plain_fields(schema: GraphQLSchema) -> None:
    """Finds the plain fields of a schema and keeps them with it, where its executions look for them."""
    schema.extensions[_EXTENSION] = {
        (parent.name, name): PlainField(
            definition.python_name, field.type, _leaf_reader(field.type), _size_of(field.type)
        )
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


class LongList(Exception):
    """A list is too long to be read at once: the execution completes it, item by item."""


_HELPERS = GraphQLResolveInfoHelpers(gather=lambda each: gather_with_cancel(*each), track=lambda _: None)
"""What no resolver of ours asks for. Those of graphql-core are methods of the execution, which then holds
itself, and with it all that an answer was made of."""


class PlainFieldExecution(StrawberryGraphQLCoreExecutionContext):
    """Executes an operation of a schema whose plain fields are kept with it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.async_helpers = _HELPERS
        self.meter = meter_of(self.schema)
        self._plain_fields = plain_fields(self.schema)
        self._replaced = replaced_fields(self.context_value)
        self._readers: dict[tuple[str, int], Reader] = {}

    def execute_field(
        self,
        parent_type: GraphQLObjectType,
        source: Any,
        field_details_list: FieldDetailsList,
        path: Path,
        position_context: Any,
    ) -> Any:
        if self.meter.spent > self.meter.most:
            return None
        name = parent_type.name, field_details_list[0].node.name.value
        if name in self._replaced:
            return self._replaced[name](source)
        plain = self._plain_fields.get(name)
        if plain is not None and plain.read is not None:
            try:
                value = plain.read(getattr(source, plain.attribute))
            except Exception:  # noqa: S110 (graphql-core reports it below, with its path)
                pass
            else:
                if value and plain.size is not None:
                    self.meter.spent += plain.size(value)
                return value
        return super().execute_field(parent_type, source, field_details_list, path, position_context)

    def collect_and_execute_subfields(
        self,
        return_type: GraphQLObjectType,
        field_details_list: FieldDetailsList,
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        reader = self.object_reader(return_type, field_details_list)
        self.meter.spent += reader.cost
        if self.meter.spent > self.meter.most:
            return {}
        if reader.read is not None:
            try:
                return reader.read(result)
            except Exception:  # noqa: S110 (graphql-core reports it below, with its path)
                pass
        return super().collect_and_execute_subfields(
            return_type, field_details_list, path, result, position_context
        )

    def object_reader(self, parent: GraphQLObjectType, details: FieldDetailsList) -> Reader:
        """Reads what is selected of an object.

        `id(details)` is a safe key: graphql-core keeps the list, with its sub-fields, as long as it executes.
        """
        key = (parent.name, id(details))
        reader = self._readers.get(key)
        if reader is None:
            reader = self._readers[key] = self._make_object_reader(parent, details)
        return reader

    def _make_object_reader(self, parent: GraphQLObjectType, details: FieldDetailsList) -> Reader:
        selected, deferred, _ = self.collect_subfields(parent, details)
        own = OBJECT + sum([VALUE + len(name) for name in selected])
        cost = own
        fields: list[tuple[str, str, Read]] = []
        sized: list[tuple[str, Callable[[Any], int]]] = []
        for name, group in selected.items():
            field = parent.name, group[0].node.name.value
            plain = self._plain_fields.get(field)
            if plain is None or field in self._replaced:
                return Reader(None, own)
            inner = Reader(plain.read, 0) if plain.read else self.value_reader(plain.type, group)
            if inner.read is None:
                return Reader(None, own)
            cost += inner.cost
            fields.append((name, plain.attribute, inner.read))
            if plain.size is not None:
                sized.append((name, plain.size))
        if deferred:
            return Reader(None, own)
        return Reader(self._fields_reader(fields, sized), cost)

    def _fields_reader(
        self, fields: list[tuple[str, str, Read]], sized: list[tuple[str, Callable[[Any], int]]]
    ) -> Read:
        meter = self.meter

        def read_fields(source: Any) -> Any:
            values = {name: read(getattr(source, attribute)) for name, attribute, read in fields}
            for name, size_of in sized:
                if value := values[name]:
                    meter.spent += size_of(value)
            return values

        return read_fields

    def value_reader(self, kind: GraphQLOutputType, details: FieldDetailsList) -> Reader:
        """Reads a field whose value is an object, or a list of objects."""
        if is_non_null_type(kind):
            inner = self.value_reader(kind.of_type, details)
            return Reader(_non_null_reader(inner.read), inner.cost)
        if is_list_type(kind):
            return Reader(self._objects_reader(self.value_reader(kind.of_type, details)), 0)
        if is_object_type(kind):
            inner = self.object_reader(kind, details)
            return Reader(_nullable_reader(inner.read), inner.cost)
        return Reader(None, 0)

    def _objects_reader(self, item: Reader) -> Read | None:
        read, meter = item.read, self.meter
        if read is None:
            return None

        def read_objects(values: Any) -> Any:
            if values is None:
                return None
            if len(values) > AT_ONCE:
                raise LongList
            meter.spent += len(values) * item.cost
            return [] if meter.spent > meter.most else [read(value) for value in values]

        return read_objects


def _size_of(kind: GraphQLOutputType) -> Callable[[Any], int] | None:
    """What measures the values of a type; None if all of them are short."""
    leaf = get_nullable_type(kind)
    if is_list_type(leaf) and is_leaf_type(get_named_type(leaf)):
        return size
    name = getattr(leaf, "name", None)
    return len if name == "String" else size if name == "JSON" else None


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
