"""How scalars and enums are written into an answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphql import (
    GraphQLNamedType,
    Undefined,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)
from strawberry.schema.schema_converter import CustomGraphQLEnumType
from strawberry.types.field import StrawberryField

from schema.execution.compiled.running import Unplanned, is_list
from schema.hints import ROW, USUAL, Column

Write = Callable[[Any], Any]
Constant = Callable[[Any], str]
"""Gives a value a name in the source."""


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


def leaf_lines(kind: Any, value: str, constant: Constant) -> list[str]:
    """Writes what makes of a value with this name what is written of it."""
    inner = get_nullable_type(kind)
    if usual := USUAL.get(getattr(inner, "name", "")):
        condition, written = (each.format(value) for each in usual)
        slowly = f"{constant(leaf_writer(kind))}({value})"
        if written == value:
            return [f"if not ({condition}): {value} = {slowly}"]
        return [f"{value} = {written} if {condition} else {slowly}"]
    if enum := enum_names(inner):
        wrapped, names = (constant(each) for each in enum)
        slowly = f"{constant(leaf_writer(kind))}({value})"
        known = f"{value}.__class__ is {wrapped}"
        return [f"{value} = {names}[{value}._value_] if {known} else {slowly}"]
    if is_list_type(inner):
        return [f"{value} = {_list(inner, value, f'{constant(leaf_writer(kind))}({value})', constant)}"]
    written = f"{value} = {constant(inner.coerce_output_value)}({value})"
    check = f"if {value} is None or {value} is Undefined: null()"
    if is_non_null_type(kind):
        return [f"if {value} is None: null()", written, check]
    return [f"if {value} is not None:", f" {written}", f" {check}"]


def _list(kind: Any, value: str, slowly: str, constant: Constant) -> str:
    """What writes a list; `slowly` writes any value in its place."""
    usual = USUAL.get(getattr(get_nullable_type(kind.of_type), "name", ""))
    if usual is None:
        return slowly
    condition, written = (each.format("y") for each in usual)
    each = f"{written} if {condition} else {constant(leaf_writer(kind.of_type))}(y)"
    return f"[{each} for y in {value}] if {value}.__class__ is list else {slowly}"


def attribute(definition: StrawberryField, constant: Constant, row: str) -> str:
    """What reads a field that has no resolver; `row` is what gives the object's row."""
    column = definition.metadata.get(ROW)
    if column is None:
        return f"s.{definition.python_name}"
    if not isinstance(column, Column):
        return f"{constant(column)}({row})"
    stored = f"{row}.{column.name or definition.python_name}"
    return stored if column.convert is None else f"{constant(column.convert)}({stored})"


def stored_enum(definition: StrawberryField, kind: Any, constant: Constant, row: str) -> str | None:
    """What reads the name of an enum's member from the stored text; None where it is made otherwise."""
    column, enum = definition.metadata.get(ROW), enum_names(get_nullable_type(kind))
    if not isinstance(column, Column) or enum is None or column.convert is not enum[0]:
        return None
    return f"{constant(enum[1])}[{row}.{column.name or definition.python_name}]"


def sizes(kind: Any, value: str, *, is_plain: bool) -> list[str]:
    """What a leaf costs beyond being there. One that a resolver returns is measured whatever it is."""
    inner = get_nullable_type(kind)
    if not is_leaf_type(get_named_type(kind)) or is_number_or_flag(kind):
        return []
    name = getattr(inner, "name", "")
    if is_plain and name not in ("String", "JSON") and not is_list_type(inner):
        return []
    if name == "String":
        return [f"(len({value}) if {value} else 0)"]
    return [f"(size({value}) if {value} else 0)" if is_plain else f"size({value})"]
