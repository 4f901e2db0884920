"""How variables become the inputs that resolvers take, also where there are very many.

graphql-core checks each value of the variables, and Strawberry would then go through all of them again, on
the event loop. So an input is made as soon as its values are checked, and where there are many of them that
is done in a thread.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING
from functools import partial
from typing import Any

from graphql import DocumentNode, ExecutionResult, GraphQLInputObjectType, GraphQLSchema, execute
from strawberry.schema.name_converter import NameConverter
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.utils.await_maybe import await_maybe

from resolvers.context import Context
from resolvers.shared_threads import SharedThreads

MANY = 1_000  # values: so many take a few milliseconds

_THREADS = SharedThreads(2, 1, "variables")


def make_inputs_of_values(schema: GraphQLSchema, names: NameConverter) -> None:
    """From now on the inputs of the schema are made where their values are checked."""
    for kind in schema.type_map.values():
        if not isinstance(kind, GraphQLInputObjectType):
            continue
        definition = kind.extensions.get("strawberry-definition")
        if isinstance(definition, StrawberryObjectDefinition):
            kind.out_type = _maker(definition, names)  # type: ignore[method-assign]
            definition.from_input = _as_it_is


def _maker(definition: StrawberryObjectDefinition, names: NameConverter) -> Any:
    attributes = {names.from_field(field): field.python_name for field in definition.fields}
    nothing = {
        field.python_name: None
        for field in definition.fields
        if field.default_value is MISSING and field.default_factory is MISSING
    }

    def make(values: Mapping[str, Any]) -> Any:
        sent = {attributes[name]: value for name, value in values.items()}
        return definition.origin(**{**nothing, **sent})

    return make


def _as_it_is(_: type, value: Any, __: object) -> Any:
    """It was made already."""
    return value


def has_many(variables: Mapping[str, Any] | None) -> bool:
    """Whether there are more than MANY values in the variables, at all levels."""
    left: list[Any] = [variables] if variables else []
    count = 0
    while left and count <= MANY:
        value = left.pop()
        parts = value.values() if isinstance(value, dict) else value
        count += len(parts)
        if count <= MANY:
            left += [part for part in parts if isinstance(part, dict | list)]
    return count > MANY


def execute_in_parts(schema: GraphQLSchema, document: DocumentNode, **options: Any) -> Any:
    """`execute`, which checks many variables in a thread."""
    if isinstance(options.get("context_value"), Context) and has_many(options.get("variable_values")):
        return _execute(schema, document, **options)
    return execute(schema, document, **options)


async def _execute(
    schema: GraphQLSchema,
    document: DocumentNode,
    *,
    variable_values: Mapping[str, Any],
    context_value: Context,
    executor_class: Any,
    **options: Any,
) -> Any:
    build = partial(
        executor_class.build,
        schema,
        document,
        raw_variable_values=variable_values,
        context_value=context_value,
        **options,
    )
    executor = await _THREADS.run(context_value.holder, build)
    if isinstance(executor, list):
        return ExecutionResult(None, errors=executor)
    return await await_maybe(executor.execute_operation())
