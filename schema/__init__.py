"""The public GraphQL API. `schema.graphql` is printed from it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from functools import cache, partial
from typing import Any

import strawberry
from graphql import GraphQLError, GraphQLSchema
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema import StreamResult
from strawberry.types import ExecutionContext, ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from resolvers.context import Context
from schema.errors import as_graphql_error, visible_error
from schema.execution.compiled.running import Begun
from schema.execution.documents import CachedDocuments, DocumentCache, Rules
from schema.execution.inputs import execute_in_parts, make_inputs_of_values
from schema.execution.meter import limit_cost
from schema.execution.metered import MeteredExecution
from schema.execution.operations import AmbiguousDocument, is_ambiguous
from schema.execution.plain_fields import keep_plain_fields
from schema.execution.plain_names import PlainNames
from schema.execution.plans import Plans
from schema.execution.running import Place
from schema.mutations import Mutation
from schema.query import Query
from schema.subscription import Subscription
from schema.types.scalars import SCALARS

MOST_MISFITS = 10
WITH_ONE_RESULT = frozenset({OperationType.QUERY, OperationType.MUTATION})

_SUGGESTION = re.compile(r" Did you mean [^?]*\?")


class Schema(strawberry.Schema):
    """The schema for documents that keep to `rules`."""

    def __init__(self, rules: Rules) -> None:
        super().__init__(
            query=Query,
            mutation=Mutation,
            subscription=Subscription,
            execution_context_class=MeteredExecution,
            config=StrawberryConfig(auto_camel_case=False, name_converter=PlainNames(), scalar_map=SCALARS),
        )
        keep_plain_fields(self.graphql_schema)
        make_inputs_of_values(self.graphql_schema, self.config.name_converter)
        limit_cost(self.graphql_schema, rules.limits.cost)
        self.rules = rules
        documents = DocumentCache(self.graphql_schema, rules)
        self.extensions = (partial(CachedDocuments, documents),)
        self._plans = Plans(self, documents)

    @property
    def graphql_schema(self) -> GraphQLSchema:
        """graphql-core's own schema."""
        return self._schema

    async def execute(self, *args: Any, **kwargs: Any) -> ExecutionResult:
        """Executes what has one result. What has several, a subscription, is for `stream`."""
        allowed = kwargs.get("allowed_operation_types", WITH_ONE_RESULT)
        kwargs["allowed_operation_types"] = WITH_ONE_RESULT & {*allowed}
        context = kwargs["context_value"]
        async with Place(context, _document(args, kwargs), kwargs.get("operation_name")):
            result = await self._planned(_document(args, kwargs), kwargs)
            if result is None:
                result = await super().execute(*args, **kwargs)
        self._make_errors_visible(result, context)
        return result

    async def _planned(self, document: str | None, options: dict[str, Any]) -> ExecutionResult | None:
        """The result of a query that has a plan. None where graphql-core has to execute it, as it is told."""
        context, name = options["context_value"], options.get("operation_name")
        is_query = OperationType.QUERY in options["allowed_operation_types"]
        if document is None or not is_query or not isinstance(context, Context):
            return None
        begun = Begun({})
        data = await self._plans.answer(
            document, name, options.get("variable_values") or {}, context, begun.outcomes
        )
        if data is None:
            options["root_value"] = begun
            return None
        context.is_planned = True
        return ExecutionResult(data=data, errors=None)

    def _get_execute_function(self) -> Callable[..., Any]:
        """Of variables that do not fit, a few are told: each is written with the values around it."""
        return partial(execute_in_parts, max_coercion_errors=MOST_MISFITS)

    async def stream(self, *args: Any, **kwargs: Any) -> StreamResult:
        """Executes one of several operations that share a connection, each with loaders of its own."""
        context = kwargs["context_value"] = kwargs["context_value"].another()
        results = await super().stream(*args, **kwargs)
        return self._report_failures(results, context, _document(args, kwargs), kwargs["operation_name"])

    async def _report_failures(
        self, results: StreamResult, context: Context, document: str | None, operation: str | None
    ) -> StreamResult:
        """A stream that just ended would look complete, so what goes wrong is its last result."""
        try:
            await context.renew()
            if is_ambiguous(document, operation):
                raise AmbiguousDocument
            async with Place(context, document, operation), aclosing(results):
                async for result in results:
                    if isinstance(result, ExecutionResult):
                        self._make_errors_visible(result, context)
                    yield result
        except Exception as failure:
            last = PreExecutionError(data=None, errors=[as_graphql_error(failure)])
            self._make_errors_visible(last, context)
            yield last

    def _make_errors_visible(self, result: ExecutionResult, context: Context) -> None:
        if not result.errors:
            return
        result.errors = [visible_error(error, context) for error in result.errors]
        if not self.rules.introspection:
            for error in result.errors:
                error.message = _SUGGESTION.sub("", error.message)

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Logs nothing: Strawberry would log refusals with a traceback. `visible_error` logs failures."""


def _document(args: Sequence[Any], kwargs: Mapping[str, Any]) -> str | None:
    """The document among the arguments of an execution."""
    document: str | None = kwargs.get("query", args[0] if args else None)
    return document


@cache
def schema_under(rules: Rules) -> Schema:
    """The schema for documents that keep to these rules; it is built when it is first asked for."""
    return Schema(rules)


def sdl() -> str:
    """The schema in GraphQL's own language, as `schema.graphql` holds it."""
    return schema_under(Rules()).as_str() + "\n"
