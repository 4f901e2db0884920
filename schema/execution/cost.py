"""What a document asks for, found before any of it is done: how deep, how often, at what cost.

Each selection is looked at once: a fragment is weighed before those that spread it, and its weight used
wherever it is spread. A page has as many objects as `first` or `last` says; of other lists there is no
telling, so they are taken to have LISTED. Nothing is left out for `@skip` and `@include`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    IntValueNode,
    OperationDefinitionNode,
    SchemaMetaFieldDef,
    SelectionNode,
    SelectionSetNode,
    TypeMetaFieldDef,
    get_named_type,
    get_nullable_type,
    is_list_type,
)

from invoicing.storage import pages
from schema.execution.outline import PAGING, Outline, sizing

LISTED = 10  # items, lines, an invoice's orders: seldom more, and a page of a hundred still has room
CAP = 1_000_000_000

Sizes = Mapping[str, int | None]


class Weight(NamedTuple):
    """Of a selection. What its pages hold is counted in `each` until the field that says their size."""

    depth: int = 0
    aliases: int = 0
    fields: int = 0  # on the first level
    cost: int = 0  # objects, and spreads of fragments
    each: int = 0  # the same in a row of the page around it

    def __add__(self, other: Weight) -> Weight:  # type: ignore[override]
        return Weight(
            max(self.depth, other.depth),
            min(self.aliases + other.aliases, CAP),
            min(self.fields + other.fields, CAP),
            min(self.cost + other.cost, CAP),
            min(self.each + other.each, CAP),
        )


NOTHING = Weight()
_SPREAD = Weight(cost=1)  # following it is work too, even where it leads to nothing


def weighed(
    schema: GraphQLSchema, outline: Outline, operation: OperationDefinitionNode, sizes: Sizes
) -> Weight:
    """What the operation asks for when its pages have these sizes."""
    scales = _Scales(schema, sizes)
    for fragment in outline.fragments:
        parent = schema.get_type(fragment.type_condition.name.value)
        scales.fragments[fragment.name.value] = scales.selection(fragment.selection_set, parent)
    return scales.selection(operation.selection_set, schema.get_root_type(operation.operation))


class _Scales:
    def __init__(self, schema: GraphQLSchema, sizes: Sizes) -> None:
        self.fragments: dict[str, Weight] = {}
        self._schema = schema
        self._sizes = sizes
        self._pages = _page_types(schema)

    def selection(self, selected: SelectionSetNode, parent: GraphQLNamedType | None) -> Weight:
        total = NOTHING
        for node in selected.selections:
            total += self._part(node, parent)
        return total

    def _part(self, node: SelectionNode, parent: GraphQLNamedType | None) -> Weight:
        if isinstance(node, FieldNode):
            return self._field(node, parent)
        if isinstance(node, FragmentSpreadNode):
            return _SPREAD + self.fragments.get(node.name.value, NOTHING)
        condition = node.type_condition  # type: ignore[attr-defined]
        narrowed = self._schema.get_type(condition.name.value) if condition else parent
        return self.selection(node.selection_set, narrowed)  # type: ignore[attr-defined]

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None) -> Weight:
        aliases = int(node.alias is not None)
        if node.selection_set is None:
            return Weight(1, aliases, 1)
        field = _definition(self._schema, parent, node.name.value)
        inner = self.selection(node.selection_set, get_named_type(field.type) if field else None)
        cost, each = self._objects(node, field, parent, inner)
        return Weight(inner.depth + 1, inner.aliases + aliases, 1, min(cost, CAP), min(each, CAP))

    def _objects(
        self, node: FieldNode, field: GraphQLField | None, parent: GraphQLNamedType | None, inner: Weight
    ) -> tuple[int, int]:
        own = inner.cost + 1
        if field is None:
            return own, inner.each
        if not field.args.keys().isdisjoint(PAGING):
            return own + self._size(node) * inner.each, 0
        if not is_list_type(get_nullable_type(field.type)):
            return own, inner.each
        if parent in self._pages:
            return 0, own + inner.each
        return own * LISTED, inner.each * LISTED

    def _size(self, node: FieldNode) -> int:
        sizes = [literal(each.value) for each in node.arguments or () if each.name.value in PAGING]
        sizes += [self._sizes.get(name) for name in sizing(node)]
        return max((size for size in sizes if size is not None), default=pages.DEFAULT)


def literal(node: object) -> int | None:
    """The size that is written there; None where it is none."""
    if not isinstance(node, IntValueNode):
        return None
    return size_of(int(node.value[:11]))  # Python refuses to read numbers of thousands of digits


def size_of(value: object) -> int | None:
    """A page's size, as a variable may say it; None where it says nothing that will be executed."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
        return None
    return max(0, min(int(value), CAP))


def _definition(schema: GraphQLSchema, parent: GraphQLNamedType | None, name: str) -> GraphQLField | None:
    if parent is schema.query_type and name in _META:
        return _META[name]
    fields: Mapping[str, GraphQLField] = getattr(parent, "fields", {})
    return fields.get(name)


_META = {"__schema": SchemaMetaFieldDef, "__type": TypeMetaFieldDef}


@lru_cache
def _page_types(schema: GraphQLSchema) -> frozenset[GraphQLNamedType]:
    """The connections: what is given for `first` or `last`."""
    return frozenset(
        get_named_type(field.type)
        for kind in schema.type_map.values()
        for field in getattr(kind, "fields", {}).values()
        if isinstance(field, GraphQLField) and not field.args.keys().isdisjoint(PAGING)
    )
