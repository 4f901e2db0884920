"""Writes how objects are read straight from their stored rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from graphql import GraphQLField, get_nullable_type, is_leaf_type, is_object_type
from graphql.execution.collect_fields import FieldDetailsList

from schema.execution.compiled import leaves
from schema.execution.compiled.functions import Body, Function
from schema.execution.compiled.leaves import Constant
from schema.execution.compiled.running import Prices
from schema.execution.compiled.selecting import Selecting
from schema.hints import BESIDE, ROW, Key, Shape


class Rows:
    def __init__(
        self,
        selecting: Selecting,
        prices: Prices,
        constant: Constant,
        function: Callable[[str, Body], Function],
    ) -> None:
        self._selecting = selecting
        self._prices = prices
        self._constant = constant
        self._function = function

    def has_all(self, kind: Any, details: FieldDetailsList, shape: Shape) -> bool:
        """Whether the shape has all that is selected of a type."""
        fields = self._stored(kind, details)
        if fields is None:
            return False
        for name, selected in fields:
            if name not in shape:
                return False
            of, inner = shape[name], get_nullable_type(kind.fields[name].type)
            if not (self.has_all(inner, selected, of) if isinstance(of, Mapping) else is_leaf_type(inner)):
                return False
        return True

    def are_enough(self, kind: Any, details: FieldDetailsList, *, are_beside: bool = False) -> bool:
        """Whether all that is selected of a type is read from its objects' rows, and those beside."""
        fields = self._stored(kind, details)
        if fields is None:
            return False
        for name, selected in fields:
            field = kind.fields[name]
            metadata = getattr(field.extensions.get("strawberry-definition"), "metadata", {})
            if metadata.keys().isdisjoint((ROW, BESIDE)):
                return False
            if BESIDE in metadata:
                inner = get_nullable_type(field.type)
                if are_beside or not self.are_enough(inner, selected, are_beside=True):
                    return False
        return True

    def _stored(self, kind: Any, details: FieldDetailsList) -> list[tuple[str, FieldDetailsList]] | None:
        """The fields that are selected of a type, but `__typename`; None if they cannot be read from rows."""
        if not is_object_type(kind):
            return None
        selected = self._selecting.of_object(kind, details).values()
        named = [(each[0].node.name.value, each) for each in selected]
        if any((kind.name, name) in self._selecting.replaced for name, _ in named):
            return None
        return [(name, each) for name, each in named if name != "__typename"]

    def reader(self, kind: Any, details: FieldDetailsList, shape: Shape) -> Function:
        """What reads a row of which the shape has all."""
        return self._function("row", self._body(kind, details, shape))

    def _body(self, kind: Any, details: FieldDetailsList, shape: Shape) -> Body:
        body = Body(cost=self._prices.object)
        for key, selected in self._selecting.of_object(kind, details).items():
            body.cost += self._prices.value + len(key) * self._prices.character
            name = selected[0].node.name.value
            if name == "__typename":
                body.entries.append(f"{key!r}: {kind.name!r}")
                body.cost += len(kind.name) * self._prices.character
            else:
                self._field(kind.fields[name], key, selected, shape[name], body)
        return body

    def _field(self, field: GraphQLField, key: str, details: FieldDetailsList, of: Any, body: Body) -> None:
        if isinstance(of, Mapping):  # of the same row, so it is read in the same function
            inner = self._body(get_nullable_type(field.type), details, of)
            body.lines += inner.lines
            body.sized += inner.sized
            body.cost += inner.cost
            body.entries.append(f"{key!r}: {inner.made}")
            return
        value = self._constant(None)
        body.entries.append(f"{key!r}: {value}")
        kind: Any = get_nullable_type(field.type)
        enum = leaves.enum_names(kind)
        if not isinstance(of, Key):
            body.lines.append(f"{value} = {self._constant(of)}(s)")
        else:
            default = "" if of.default is None else f", {self._constant(of.default)}"
            body.lines.append(f"{value} = s.get({of.name!r}{default})")
        if enum:
            body.lines.append(f"{value} = {self._constant(enum[1])}[{value}]")
        else:
            body.lines += leaves.leaf_lines(field.type, value, self._constant)
            body.sized += leaves.sizes(field.type, value, is_plain=True)
