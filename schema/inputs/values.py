"""From an input to the values that were given: what was left out is not there, an enum is its value."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

import strawberry


def given(input: Any) -> dict[str, Any]:
    """The fields of an input that the caller sent, null among them."""
    return {
        _NAMES.get(field.name, field.name): _plain(value)
        for field in fields(input)
        if (value := getattr(input, field.name)) is not strawberry.UNSET
    }


def or_none(value: Any) -> Any:
    """What was left out is null where the two mean the same."""
    return None if value is strawberry.UNSET else value


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return given(value) if is_dataclass(value) else value


_NAMES = {"metadata": "meta"}  # a table class cannot have an attribute called metadata
