"""The public GraphQL API. `schema.graphql` is this, printed."""

from __future__ import annotations

import re
from contextlib import aclosing
from copy import copy
from functools import lru_cache, partial
from typing import Any

import strawberry
from graphql import GraphQLError, GraphQLSchema
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema import StreamResult
from strawberry.types import ExecutionContext, ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from resolvers.context import Context
from schema.errors import raised, shown
from schema.execution.documents import Readings, ReadOnce, Rules
from schema.execution.operations import AmbiguousDocument, has_several
from schema.execution.plain_fields import PLAIN, PlainFields, plain_fields
from schema.mutations import Mutation
from schema.query import Query
from schema.subscription import Subscription
from schema.types.scalars import SCALARS

ONE_ANSWER = frozenset({OperationType.QUERY, OperationType.MUTATION})

_SUGGESTION = re.compile(r" Did you mean [^?]*\?")


class Schema(strawberry.Schema):
    rules: Rules

    @property
    def graphql_schema(self) -> GraphQLSchema:
        """graphql-core's own view of it."""
        return self._schema

    async def execute(self, *args: Any, **kwargs: Any) -> ExecutionResult:
        """One answer: what has several is for `stream`."""
        kwargs["allowed_operation_types"] = ONE_ANSWER & {*kwargs.get("allowed_operation_types", ONE_ANSWER)}
        result = await super().execute(*args, **kwargs)
        self._show_errors(result, kwargs["context_value"])
        return result

    async def stream(self, *args: Any, **kwargs: Any) -> StreamResult:
        """One of several operations that share a connection: each loads its own."""
        context = kwargs["context_value"] = kwargs["context_value"].another()
        results = await super().stream(*args, **kwargs)
        is_ambiguous = has_several(kwargs.get("query", args[0] if args else None), kwargs["operation_name"])
        return self._shown(results, context, is_ambiguous)

    async def _shown(self, results: StreamResult, context: Context, is_ambiguous: bool) -> StreamResult:
        """Whatever goes wrong is told: who hears that it is complete thinks that nothing did."""
        try:
            await context.renew()
            if is_ambiguous:
                raise AmbiguousDocument
            async with aclosing(results):
                async for result in results:
                    if isinstance(result, ExecutionResult):
                        self._show_errors(result, context)
                    yield result
        except Exception as failure:
            told = PreExecutionError(data=None, errors=[raised(failure)])
            self._show_errors(told, context)
            yield told

    def _show_errors(self, result: ExecutionResult, context: Context) -> None:
        if not result.errors:
            return
        result.errors = [shown(error, context) for error in result.errors]
        if not self.rules.introspection:
            for error in result.errors:
                error.message = _SUGGESTION.sub("", error.message)

    def under(self, rules: Rules) -> Schema:
        """The same schema for documents that keep to these rules."""
        ruled = copy(self)
        ruled.rules = rules
        ruled.extensions = (partial(ReadOnce, Readings(self.graphql_schema, rules)),)
        return ruled

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Strawberry would log every refusal with its traceback; `shown` logs what is worth it."""


_unruled = Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    execution_context_class=PlainFields,
    config=StrawberryConfig(auto_camel_case=False, scalar_map=SCALARS),
)
PLAIN.update(plain_fields(_unruled.graphql_schema))


@lru_cache
def ruled(rules: Rules) -> Schema:
    """The schema under these rules; what it has read is remembered with it."""
    return _unruled.under(rules)


schema = ruled(Rules())


def sdl() -> str:
    """The schema in GraphQL's own language, as `schema.graphql` holds it."""
    return schema.as_str() + "\n"
