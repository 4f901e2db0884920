"""How a resolver is called: what Strawberry does at each call, written down once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import strawberry
from graphql import (
    FieldNode,
    GraphQLField,
    Undefined,
    ValueNode,
    VariableNode,
    get_argument_values,
    get_nullable_type,
    is_leaf_type,
    is_non_null_type,
)
from strawberry.relay import GlobalID
from strawberry.types.arguments import StrawberryArgument, convert_argument, convert_arguments
from strawberry.types.base import StrawberryMaybe, StrawberryOptional
from strawberry.types.field import StrawberryField

from schema.execution.compiled.running import Run
from schema.execution.compiled.variables import UNCHANGEABLE, Variables, variables_in


class Calls:
    """Writes the calls of resolvers. `constant` gives a value a name in the source."""

    def __init__(
        self, schema: strawberry.Schema, variables: Variables, constant: Callable[[Any], str]
    ) -> None:
        self._config = schema.config
        self._scalars = schema.schema_converter.scalar_registry
        self._variables = variables
        self._constant = constant

    def written(
        self, definition: StrawberryField, field: GraphQLField, node: FieldNode
    ) -> tuple[list[str], str]:
        """Lines that come before the call, and the call."""
        resolver: Any = definition.base_resolver
        lines: list[str] = []
        arguments = ["s"] if resolver.self_parameter else []
        sources = resolver.parent_parameter, resolver.root_parameter
        arguments += [f"{each.name}=s" for each in sources if each]
        if resolver.info_parameter:
            arguments.append(f"{resolver.info_parameter.name}=r.info")
        if field.args:
            lines, passed = self._arguments(definition, field, node)
            arguments += passed
        return lines, f"{self._constant(resolver.wrapped_func)}({', '.join(arguments)})"

    def _arguments(
        self, definition: StrawberryField, field: GraphQLField, node: FieldNode
    ) -> tuple[list[str], list[str]]:
        given = {each.name.value: each.value for each in node.arguments or ()}
        by_name = {self._config.name_converter.from_argument(each): each for each in definition.arguments}
        lines: list[str] = []
        passed: list[str] = []
        rest = dict(field.args)
        for name, value in given.items():
            if not isinstance(value, VariableNode):
                continue
            written = self._variable(by_name[name], field, name, value.name.value, is_first=not lines)
            if written is None:
                return [], [f"**{self._constant(self._slowly(definition, field, node))}(r)"]
            lines += written[0]
            passed += written[1]
            del rest[name]
        constants = self._constants(definition, GraphQLField(field.type, rest), node, given)
        if constants is None:
            return [], [f"**{self._constant(self._slowly(definition, field, node))}(r)"]
        passed += [f"{name}={self._constant(value)}" for name, value in constants.items()]
        return lines, [*passed, "**k"] if lines else passed

    def _variable(
        self, argument: StrawberryArgument, field: GraphQLField, name: str, variable: str, *, is_first: bool
    ) -> tuple[list[str], list[str]] | None:
        """An argument that is a variable; None where graphql-core has to say what it is."""
        kind = field.args[name].type
        is_required = is_non_null_type(kind)
        if is_required and self._variables.may_be_null(variable):
            return None
        is_passed_on = is_leaf_type(get_nullable_type(kind)) and _is_passed_on(argument.type)
        convert = "" if is_passed_on else self._constant(self._converter(argument))
        value, python_name = f"r.variables[{variable!r}]", argument.python_name
        if self._variables.is_always_given(variable):
            return [], [f"{python_name}={convert}({value})"]
        default, is_new = field.args[name].default_value, field.args[name].default is not None
        if is_new or not (default is Undefined or isinstance(default, UNCHANGEABLE)):
            return None
        if default is not Undefined:
            value = f"r.variables.get({variable!r}, {self._constant(default)})"
            return [], [f"{python_name}={convert}({value})"]
        start = ["k = {}"] if is_first else []
        line = f"if {variable!r} in r.variables: k[{python_name!r}] = {convert}({value})"
        return [*start, line], []

    def _converter(self, argument: StrawberryArgument) -> Callable[[Any], Any]:
        return partial(
            convert_argument, type_=argument.type, scalar_registry=self._scalars, config=self._config
        )

    def _constants(
        self,
        definition: StrawberryField,
        field: GraphQLField,
        node: FieldNode,
        given: Mapping[str, ValueNode],
    ) -> Mapping[str, Any] | None:
        """What is the same in each request; None where it is not, or could be changed by a resolver."""
        if any(variables_in(value) for name, value in given.items() if name in field.args):
            return None
        values = get_argument_values(field, node, None)
        if not all(isinstance(value, UNCHANGEABLE) for value in values.values()):
            return None
        return convert_arguments(values, definition.arguments, self._scalars, self._config)

    def _slowly(
        self, definition: StrawberryField, field: GraphQLField, node: FieldNode
    ) -> Callable[[Run], dict[str, Any]]:
        """Asks graphql-core and Strawberry each time."""
        variables, scalars, config = self._variables, self._scalars, self._config

        def arguments(run: Run) -> dict[str, Any]:
            values = get_argument_values(field, node, variables.all_core(run.given))
            return convert_arguments(values, definition.arguments, scalars, config)

        return arguments


def _is_passed_on(kind: Any) -> bool:
    """Whether Strawberry passes a leaf's value on as it is."""
    if isinstance(kind, StrawberryMaybe):
        return False
    inner = kind.of_type if isinstance(kind, StrawberryOptional) else kind
    return inner is not GlobalID
