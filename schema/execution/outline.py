"""The parts of a document, in the order in which they can be weighed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
)

PAGE_ARGUMENTS = ("first", "last")


@dataclass(frozen=True, slots=True)
class Outline:
    """The parts of a document. A fragment comes after the fragments that it spreads."""

    operations: Mapping[str | None, OperationDefinitionNode]
    fragments: tuple[FragmentDefinitionNode, ...]
    size_variables: tuple[str, ...]
    """The variables that say how long a page is."""
    longest_alias: int
    """Its characters. It is in the answer once for each object, and in each error's path."""


def outline_of(document: DocumentNode) -> Outline:
    """Raises graphlib.CycleError where a fragment spreads itself, directly or through others."""
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    fragments = {
        node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
    }
    spreads: dict[str, set[str]] = {name: set() for name in fragments}
    sizes: dict[str, None] = {}
    longest_alias = 0
    for definition in (*operations, *fragments.values()):
        for node in _all_selections(definition.selection_set):
            if isinstance(node, FieldNode):
                sizes.update(dict.fromkeys(size_variables_of(node)))
                if node.alias:
                    longest_alias = max(longest_alias, len(node.alias.value))
            elif isinstance(node, FragmentSpreadNode) and isinstance(definition, FragmentDefinitionNode):
                spreads[definition.name.value].add(node.name.value)
    order = [fragments[name] for name in TopologicalSorter(spreads).static_order() if name in fragments]
    named = {operation.name.value if operation.name else None: operation for operation in operations}
    return Outline(named, tuple(order), tuple(sizes), longest_alias)


def size_variables_of(node: FieldNode) -> Iterator[str]:
    """The variables that say how long the field's page is."""
    for argument in node.arguments or ():
        if argument.name.value in PAGE_ARGUMENTS and isinstance(argument.value, VariableNode):
            yield argument.value.name.value


def _all_selections(selection_set: SelectionSetNode) -> Iterator[SelectionNode]:
    """Everything that is selected, at every level. Without recursion: a document may be very deep."""
    stack = [selection_set]
    while stack:
        for node in stack.pop().selections:
            yield node
            if inner := getattr(node, "selection_set", None):
                stack.append(inner)
