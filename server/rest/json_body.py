"""JSON from outside, read field by field: a field of another type is refused, and its place is named."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from invoicing import checks
from invoicing.errors import MalformedId, ValidationError

T = TypeVar("T")


class JsonObject:
    """An object as it was sent. A field that is null, or is left out, reads as None."""

    def __init__(self, values: Mapping[str, Any], at: str = "") -> None:
        self.values = values
        self._at = at

    def place(self, name: str) -> str:
        """Where the field is in the whole body: `order_lines.0.amount`."""
        return self._at + name

    def text(self, name: str) -> str | None:
        return self._read(str, name, "text")

    def flag(self, name: str) -> bool | None:
        return self._read(bool, name, "true or false")

    def whole(self, name: str) -> int | None:
        """A whole number; true and false are not numbers."""
        return self._read(int, name, "a whole number")

    def number(self, name: str) -> float | None:
        value = self.values.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise self._wrong_type(name, "a number")
        return float(value)

    def object(self, name: str) -> JsonObject | None:
        value = self._read(dict, name, "an object")
        return None if value is None else JsonObject(value, f"{self.place(name)}.")

    def objects(self, name: str) -> Sequence[JsonObject] | None:
        values = self._read(list, name, "a list of objects")
        if values is None:
            return None
        if not all(isinstance(each, dict) for each in values):
            raise self._wrong_type(name, "a list of objects")
        return [JsonObject(each, f"{self.place(name)}.{index}.") for index, each in enumerate(values)]

    def required(self, read: Callable[[str], T | None], name: str) -> T:
        """What `read` reads, which has to be there: `body.required(body.text, "handle")`."""
        value = read(name)
        if value is None:
            raise ValidationError(f"{self.place(name)} is needed.", field=self.place(name))
        return value

    def _read(self, kind: type[T], name: str, expected: str) -> T | None:
        value = self.values.get(name)
        if value is None:
            return None
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self._wrong_type(name, expected)
        return value

    def _wrong_type(self, name: str, expected: str) -> ValidationError:
        return ValidationError(f"{self.place(name)} must be {expected}.", field=self.place(name))


def is_id(value: str) -> bool:
    """Whether anything can have this id. An id that nothing can have is not looked up."""
    try:
        checks.identifier(value, "id")
    except MalformedId:
        return False
    return True
