"""How an operation's variables are coerced, prepared once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from graphql import (
    DirectiveNode,
    DocumentNode,
    GraphQLSchema,
    Node,
    Undefined,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    coerce_input_value,
    get_nullable_type,
    get_variable_values,
    is_non_null_type,
    type_from_ast,
    visit,
)

from schema.execution.compiled.running import Unplanned

Given = Mapping[str, Any]
UNCHANGEABLE = str | int | float | bool | date | None
"""What many requests may share."""


class Variables:
    """Of one operation."""

    def __init__(self, schema: GraphQLSchema, definitions: Sequence[VariableDefinitionNode]) -> None:
        self.definitions = {each.variable.name.value: each for each in definitions}
        self._schema = schema
        self._coercers = [(name, _coercer(schema, each)) for name, each in self.definitions.items()]
        self._defaults: dict[str, Callable[[], Any]] = {}
        self._required: set[str] = set()
        for name, each in self.definitions.items():
            if each.default_value is not None:
                self._defaults[name] = self._default(name)
            elif is_non_null_type(type_from_ast(schema, each.type)):
                self._required.add(name)

    def coerced(self, given: Given) -> dict[str, Any]:
        """Those that have a value. Raises Unplanned where one does not fit."""
        values: dict[str, Any] = {}
        for name, coerce in self._coercers:
            if name in given:
                values[name] = coerce(given[name])
            elif name in self._defaults:
                values[name] = self._defaults[name]()
            elif name in self._required:
                raise Unplanned(name)
        return values

    def _default(self, name: str) -> Callable[[], Any]:
        """A variable's default: made anew each time where a resolver could change it."""
        definition = self.definitions[name]
        value = self.core([definition], {}).coerced[name]
        if isinstance(value, UNCHANGEABLE):
            return lambda: value
        return lambda: self.core([definition], {}).coerced[name]

    def core(self, definitions: Sequence[VariableDefinitionNode], given: Given) -> Any:
        """graphql-core's own values of these variables. Raises Unplanned where one does not fit."""
        values = get_variable_values(self._schema, definitions, dict(given))
        if isinstance(values, list):
            raise Unplanned
        return values

    def all_core(self, given: Given) -> Any:
        return self.core([*self.definitions.values()], given)

    def is_always_given(self, name: str) -> bool:
        """Whether it has a value in each request that has no error."""
        return name in self._required or name in self._defaults

    def may_be_null(self, name: str) -> bool:
        return not is_non_null_type(type_from_ast(self._schema, self.definitions[name].type))


def _coercer(schema: GraphQLSchema, definition: VariableDefinitionNode) -> Callable[[Any], Any]:
    kind: Any = type_from_ast(schema, definition.type)
    is_text = getattr(get_nullable_type(kind), "name", "") in ("String", "ID")

    def coerce(value: Any) -> Any:
        if is_text and value.__class__ is str:
            return value
        coerced = coerce_input_value(value, kind)
        if coerced is Undefined:
            raise Unplanned
        return coerced

    return coerce


def variables_in(node: Node) -> set[str]:
    """The names of the variables below a node."""
    found: set[str] = set()

    class Names(Visitor):
        def enter_variable(self, variable: VariableNode, *_: Any) -> None:
            found.add(variable.name.value)

    visit(node, Names())
    return found


def variables_of_directives(document: DocumentNode) -> set[str]:
    """The names of the variables that a document's directives look at."""
    found: set[str] = set()

    class Directives(Visitor):
        def enter_directive(self, directive: DirectiveNode, *_: Any) -> None:
            found.update(variables_in(directive))

    visit(document, Directives())
    return found
