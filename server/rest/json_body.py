"""JSON from outside, read field by field: what has another type is refused by its place."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from invoicing import checks
from invoicing.errors import MalformedId, ValidationError

T = TypeVar("T")


class Given:
    """An object as it was sent. A field that is null, or is not there, is None."""

    def __init__(self, values: Mapping[str, Any], at: str = "") -> None:
        self.values = values
        self._at = at

    def place(self, name: str) -> str:
        """Where the field stands in the whole body: `order_lines.0.amount`."""
        return self._at + name

    def text(self, name: str) -> str | None:
        return self._of(str, name, "text")

    def flag(self, name: str) -> bool | None:
        return self._of(bool, name, "true or false")

    def whole(self, name: str) -> int | None:
        """A whole number; true and false are none."""
        return self._of(int, name, "a whole number")

    def number(self, name: str) -> float | None:
        value = self.values.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise self._refused(name, "a number")
        return float(value)

    def object(self, name: str) -> Given | None:
        found = self._of(dict, name, "an object")
        return None if found is None else Given(found, f"{self.place(name)}.")

    def objects(self, name: str) -> Sequence[Given] | None:
        found = self._of(list, name, "a list of objects")
        if found is None:
            return None
        if not all(isinstance(each, dict) for each in found):
            raise self._refused(name, "a list of objects")
        return [Given(each, f"{self.place(name)}.{place}.") for place, each in enumerate(found)]

    def needed(self, read: Callable[[str], T | None], name: str) -> T:
        """What `read` reads, which has to be there: `given.needed(given.text, "handle")`."""
        value = read(name)
        if value is None:
            raise ValidationError(f"{self.place(name)} is needed.", field=self.place(name))
        return value

    def _of(self, kind: type[T], name: str, words: str) -> T | None:
        value = self.values.get(name)
        if value is None:
            return None
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self._refused(name, words)
        return value

    def _refused(self, name: str, words: str) -> ValidationError:
        return ValidationError(f"{self.place(name)} must be {words}.", field=self.place(name))


def is_id(value: str) -> bool:
    """Whether anything can have this id. What cannot is not looked for."""
    try:
        checks.identifier(value, "id")
    except MalformedId:
        return False
    return True
