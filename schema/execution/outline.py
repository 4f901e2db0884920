"""A document's parts, in the order in which they can be weighed."""

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

PAGING = ("first", "last")


@dataclass(frozen=True, slots=True)
class Outline:
    """A document's parts. A fragment comes after those that it spreads."""

    operations: Mapping[str | None, OperationDefinitionNode]
    fragments: tuple[FragmentDefinitionNode, ...]
    sizing: tuple[str, ...]  # the variables that say how long a page is


def outlined(document: DocumentNode) -> Outline:
    """Raises graphlib.CycleError where a fragment spreads itself, by a detour or not."""
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    fragments = {
        node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
    }
    spreads: dict[str, set[str]] = {name: set() for name in fragments}
    sizes: dict[str, None] = {}
    for definition in (*operations, *fragments.values()):
        for node in _within(definition.selection_set):
            if isinstance(node, FieldNode):
                sizes.update(dict.fromkeys(sizing(node)))
            elif isinstance(node, FragmentSpreadNode) and isinstance(definition, FragmentDefinitionNode):
                spreads[definition.name.value].add(node.name.value)
    order = [fragments[name] for name in TopologicalSorter(spreads).static_order() if name in fragments]
    named = {operation.name.value if operation.name else None: operation for operation in operations}
    return Outline(named, tuple(order), tuple(sizes))


def _within(selected: SelectionSetNode) -> Iterator[SelectionNode]:
    """All that is selected here and further in, without recursion."""
    stack = [selected]
    while stack:
        for node in stack.pop().selections:
            yield node
            if inner := getattr(node, "selection_set", None):
                stack.append(inner)


def sizing(node: FieldNode) -> Iterator[str]:
    """The variables that size the field's page."""
    for argument in node.arguments or ():
        if argument.name.value in PAGING and isinstance(argument.value, VariableNode):
            yield argument.value.name.value
