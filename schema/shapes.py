"""Objects that a plan reads straight from stored JSON: they are never made.

A field whose resolver returns a list with the stored `rows` of its objects says by its metadata what the
objects would be made of. Where all that is asked for of them is there, the plan reads the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

SHAPE = "shape"
"""The key of a shape among a field's metadata."""


@dataclass(frozen=True, slots=True)
class Key:
    """A value as it is stored: what is written into the answer, or an enum's value."""

    name: str
    default: Any = None
    """Where nothing is stored."""


Made = Callable[[Mapping[str, Any]], Any]
"""Makes a field's value of the row."""
Shape = Mapping[str, "Key | Made | Shape"]
"""How each field of an object is read. A shape among them is that of an object which the row holds too."""
