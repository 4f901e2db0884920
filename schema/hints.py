"""What a field's metadata tells the plans of operations (`schema.execution.compiled`).

It changes nothing but the time that an answer takes: graphql-core looks at none of it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SHAPE = "shape"
"""Of a field whose resolver returns a list with the stored `rows` of its objects: what they are made of.

Where that is all that is asked for of them, a plan reads the rows, and the objects are never made.
"""

ROWS = "rows"
"""A SHAPE of lists with the `rows` from which their objects read all of their fields (ROW).

What an object has of the others in its list, the list has beside its rows (BESIDE). Where anything else is
asked for, the objects are made.
"""

BESIDE = "beside"
"""Of a field with a resolver, of objects in such a list: what gives the rows of the objects that the field
returns, for each row of the list one. It takes the list.
"""

TOGETHER = "together"
"""Of a field without arguments whose resolver has to be waited for: what resolves it for many objects at
once, as a plan then does.
"""

USUAL: dict[str, tuple[str, str]] = {
    "String": ("{0}.__class__ is str", "{0}"),
    "ID": ("{0}.__class__ is str", "{0}"),
    "Boolean": ("{0}.__class__ is bool", "{0}"),
    "Int": ("{0}.__class__ is int and -2147483648 <= {0} <= 2147483647", "{0}"),
    "Float": (
        "({0}.__class__ is float or {0}.__class__ is int) and -9007199254740992 <= {0} <= 9007199254740992",
        "float({0})",
    ),
}
"""How the usual values of a scalar are told, and what is written of them: two expressions of Python.

All others are given to the scalar, as graphql-core does. Whoever makes scalars adds theirs.
"""

ROW = "row"
"""Of a field that is read from the `row` of its object: a Column, or what makes it of the row."""

NEEDS = "needs"
"""Of a field with a resolver, or that is made of its object's `row`: what is read of rows for it (Needs).

A field with a resolver that says nothing may read anything, so what an operation reads with it is whole.
"""

ALL = None
"""Columns: whatever a row has."""
Columns = frozenset[str] | None

Together = Callable[[Sequence[Any], Any], Awaitable[Sequence[Any]]]
"""Takes the objects, and the context."""


@dataclass(frozen=True, slots=True)
class Column:
    """An attribute of a row."""

    name: str | None
    """None where it is the field's."""
    convert: Callable[[Any], Any] | None
    """Makes the field's value of it. An enum's class is not called where the value is only written."""


@dataclass(frozen=True, slots=True)
class Needs:
    """Columns of its object's row, and of the rows of other types, beyond what is always read."""

    own: Columns
    others: Mapping[str, Columns]


def needs(*own: str, **others: Columns) -> dict[str, Any]:
    """The metadata of a field that needs these columns of its object's row, and of rows of these types."""
    return {NEEDS: Needs(frozenset(own), others)}


@dataclass(frozen=True, slots=True)
class Key:
    """A value as it is stored: what is written into the answer, or an enum's value."""

    name: str
    default: Any = None
    """Where nothing is stored."""


Beside = Callable[[Any], Sequence[Any]]
"""Takes the list, and gives the rows beside its rows."""
Made = Callable[[Mapping[str, Any]], Any]
"""Makes a field's value of the row."""
Shape = Mapping[str, "Key | Made | Shape"]
"""How each field of an object is read. A shape among them is that of an object which the row holds too."""
Shaped = Shape | str
"""A shape, or ROWS."""
