"""What an operation asks for, worked out before any of it is executed: depth, aliases, root fields and cost.

Each selection is looked at once: a fragment is weighed before those that spread it, and its weight is used
wherever it is spread. A page or a list is taken to have as many objects as `first` or `last` says. How long a
list is for which neither is said is not known in advance: it is taken to have one object, and its objects are
counted when they are there (`schema.execution.meter`). `@skip` and `@include` are not looked at: what they
may leave out is counted.
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
    ObjectValueNode,
    OperationDefinitionNode,
    SchemaMetaFieldDef,
    SelectionNode,
    SelectionSetNode,
    TypeMetaFieldDef,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
)

from invoicing.storage import pages
from schema.execution.outline import PAGE_ARGUMENTS, Outline, size_variables_of

SEARCH_COST = 1_000  # some milliseconds in the database, as a thousand objects are
CAP = 1_000_000_000

PageSizes = Mapping[str, int | None]


class Weight(NamedTuple):
    """The weight of a selection.

    What the rows of a page hold is added up in `cost_per_row` until the field is reached that says how many
    rows there are.
    """

    depth: int = 0
    aliases: int = 0
    fields: int = 0  # on the first level
    cost: int = 0  # objects, and spreads of fragments
    cost_per_row: int = 0  # the same in one row of the page around it

    def __add__(self, other: Weight) -> Weight:  # type: ignore[override]
        return Weight(
            max(self.depth, other.depth),
            min(self.aliases + other.aliases, CAP),
            min(self.fields + other.fields, CAP),
            min(self.cost + other.cost, CAP),
            min(self.cost_per_row + other.cost_per_row, CAP),
        )


_NOTHING = Weight()
_SPREAD = Weight(cost=1)  # following a spread is work, even if the fragment is empty


def weigh_operation(
    schema: GraphQLSchema, outline: Outline, operation: OperationDefinitionNode, sizes: PageSizes
) -> Weight:
    """What the operation asks for when its variables give its pages these sizes."""
    scales = _Scales(schema, sizes)
    for fragment in outline.fragments:
        parent = schema.get_type(fragment.type_condition.name.value)
        scales.fragments[fragment.name.value] = scales.weigh_selection_set(fragment.selection_set, parent)
    return scales.weigh_selection_set(operation.selection_set, schema.get_root_type(operation.operation))


class _Scales:
    def __init__(self, schema: GraphQLSchema, sizes: PageSizes) -> None:
        self.fragments: dict[str, Weight] = {}
        self._schema = schema
        self._sizes = sizes
        self._page_types = _page_types(schema)

    def weigh_selection_set(self, selected: SelectionSetNode, parent: GraphQLNamedType | None) -> Weight:
        total = _NOTHING
        for node in selected.selections:
            total += self._weigh(node, parent)
        return total

    def _weigh(self, node: SelectionNode, parent: GraphQLNamedType | None) -> Weight:
        if isinstance(node, FieldNode):
            return self._weigh_field(node, parent)
        if isinstance(node, FragmentSpreadNode):
            return _SPREAD + self.fragments.get(node.name.value, _NOTHING)
        condition = node.type_condition  # type: ignore[attr-defined]
        narrowed = self._schema.get_type(condition.name.value) if condition else parent
        return self.weigh_selection_set(node.selection_set, narrowed)  # type: ignore[attr-defined]

    def _weigh_field(self, node: FieldNode, parent: GraphQLNamedType | None) -> Weight:
        aliases = int(node.alias is not None)
        if node.selection_set is None:
            return Weight(1, aliases, 1)
        field = _field_definition(self._schema, parent, node.name.value)
        inner = self.weigh_selection_set(node.selection_set, get_named_type(field.type) if field else None)
        cost, per_row = self._costs(node, field, parent, inner)
        return Weight(inner.depth + 1, inner.aliases + aliases, 1, min(cost, CAP), min(per_row, CAP))

    def _costs(
        self, node: FieldNode, field: GraphQLField | None, parent: GraphQLNamedType | None, inner: Weight
    ) -> tuple[int, int]:
        """The field's `cost` and `cost_per_row`."""
        own = inner.cost + 1
        if field is None:
            return own, inner.cost_per_row
        if _is_connection(field):
            searching = SEARCH_COST if _may_search(node) else 0
            return own + searching + self._page_size(node, pages.DEFAULT_SIZE) * inner.cost_per_row, 0
        if not is_list_type(get_nullable_type(field.type)):
            return own, inner.cost_per_row
        if parent in self._page_types:
            return 0, own + inner.cost_per_row
        size = self._page_size(node, 1)
        return own * size, inner.cost_per_row * size

    def _page_size(self, node: FieldNode, default: int) -> int:
        arguments = [each.value for each in node.arguments or () if each.name.value in PAGE_ARGUMENTS]
        sizes = [literal_size(value) for value in arguments]
        sizes += [self._sizes.get(name) for name in size_variables_of(node)]
        return max((size for size in sizes if size is not None), default=default)


def _may_search(node: FieldNode) -> bool:
    """Whether the list is searched for words; a filter that is a variable is taken to do so."""
    given = {argument.name.value: argument.value for argument in node.arguments or ()}
    filtered = given.get("filter")
    if isinstance(filtered, VariableNode) or "search" in given:
        return True
    return isinstance(filtered, ObjectValueNode) and any(
        each.name.value == "search" for each in filtered.fields
    )


def literal_size(node: object) -> int | None:
    """The page size that the document itself names; None if the node is no whole number."""
    if not isinstance(node, IntValueNode):
        return None
    return page_size(int(node.value[:11]))  # Python refuses to read numbers of thousands of digits


def page_size(value: object) -> int | None:
    """A page size as a variable may give it; None if it is not one that will be executed."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
        return None
    return max(0, min(int(value), CAP))


def _field_definition(
    schema: GraphQLSchema, parent: GraphQLNamedType | None, name: str
) -> GraphQLField | None:
    if parent is schema.query_type and name in _META_FIELDS:
        return _META_FIELDS[name]
    fields: Mapping[str, GraphQLField] = getattr(parent, "fields", {})
    return fields.get(name)


_META_FIELDS = {"__schema": SchemaMetaFieldDef, "__type": TypeMetaFieldDef}


def _is_connection(field: GraphQLField) -> bool:
    """Whether it is a page with `edges` and `nodes`. A list may take `first` too."""
    is_list = is_list_type(get_nullable_type(field.type))
    return not is_list and not field.args.keys().isdisjoint(PAGE_ARGUMENTS)


@lru_cache
def _page_types(schema: GraphQLSchema) -> frozenset[GraphQLNamedType]:
    """The types of connections."""
    return frozenset(
        get_named_type(field.type)
        for kind in schema.type_map.values()
        for field in getattr(kind, "fields", {}).values()
        if isinstance(field, GraphQLField) and _is_connection(field)
    )
