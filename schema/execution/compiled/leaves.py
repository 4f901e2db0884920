"""How scalars and enums are written into an answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphql import GraphQLNamedType, Undefined, get_nullable_type, is_list_type, is_non_null_type
from strawberry.schema.schema_converter import CustomGraphQLEnumType

from schema.execution.compiled.running import Unplanned, is_list

PLAIN = {  # the conditions under which values of the built-in scalars are what is written
    "String": "{0}.__class__ is not str",
    "ID": "{0}.__class__ is not str",
    "Boolean": "{0}.__class__ is not bool",
    "Int": "{0}.__class__ is not int or not -2147483648 <= {0} <= 2147483647",
}

Write = Callable[[Any], Any]


def leaf_writer(kind: Any) -> Write:
    """Writes a value of a scalar, an enum, or a list of them; raises Unplanned where it cannot be."""
    if is_non_null_type(kind):
        return _non_null(leaf_writer(kind.of_type))
    if is_list_type(kind):
        return _list_writer(leaf_writer(kind.of_type))
    coerce = kind.coerce_output_value

    def write(value: Any) -> Any:
        if value is None:
            return None
        written = coerce(value)
        if written is None or written is Undefined:
            raise Unplanned
        return written

    return write


def _non_null(write: Write) -> Write:
    def write_value(value: Any) -> Any:
        if value is None:
            raise Unplanned
        return write(value)

    return write_value


def _list_writer(write: Write) -> Write:
    def write_list(values: Any) -> Any:
        if values is None:
            return None
        if not is_list(values):
            raise Unplanned
        return [write(value) for value in values]

    return write_list


def enum_names(kind: GraphQLNamedType) -> tuple[type, dict[Any, str]] | None:
    """The class of a Strawberry enum, and the names of its members by their values, where these are texts."""
    if not isinstance(kind, CustomGraphQLEnumType):
        return None
    names: dict[Any, str] = {}
    for name, member in kind.values.items():
        if not isinstance(member.value, str):
            return None
        names.setdefault(str(member.value), name)
    return kind.wrapped_cls, names


def is_number_or_flag(kind: Any) -> bool:
    """Whether its values cost nothing beyond being there."""
    return getattr(get_nullable_type(kind), "name", "") in ("Int", "Float", "Boolean")
