"""From an input to the values that the caller sent: without what was left out, with the values of enums."""

from collections.abc import Collection
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, TypeVar, overload

import strawberry

V = TypeVar("V")


@overload
def sent_values(input: Any) -> dict[str, Any]: ...
@overload
def sent_values(input: Any, as_: type[V], *, but: Collection[str] = ()) -> V: ...
def sent_values(input: Any, as_: type[Any] | None = None, *, but: Collection[str] = ()) -> Any:
    """The fields of an input that the caller sent, by the names that commands use. Null is sent, too.

    `as_` is the type of the values that a command takes; the fields in `but` are passed to it separately.
    """
    values = {
        COLUMNS.get(field.name, field.name): _plain_value(value)
        for field in fields(input)
        if (value := getattr(input, field.name)) is not strawberry.UNSET and field.name not in but
    }
    if as_ is not None and (unknown := values.keys() - as_.__annotations__.keys()):
        raise TypeError(f"{as_.__name__} has no {', '.join(sorted(unknown))}.")
    return values


def or_none(value: Any) -> Any:
    """Null for what was left out, where the two mean the same."""
    return None if value is strawberry.UNSET else value


def _plain_value(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, list):
        return [_plain_value(item) for item in value]
    return sent_values(value) if is_dataclass(value) else value


COLUMNS = {"metadata": "meta"}  # a table class cannot have an attribute called metadata
