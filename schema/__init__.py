"""The public GraphQL API. `schema.graphql` is printed from it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from functools import cache, partial
from typing import Any

import graphql
import strawberry
from graphql import GraphQLError, GraphQLSchema
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema import StreamResult
from strawberry.types import ExecutionContext, ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType
from strawberry.utils.await_maybe import await_maybe

from resolvers.context import Context
from resolvers.ways import Way
from schema.errors import as_graphql_error, visible_error
from schema.execution.compiled.operation import CompiledOperation
from schema.execution.documents import CachedDocuments, DocumentCache, Rules
from schema.execution.following import Following
from schema.execution.inputs import execute_in_parts, make_inputs_of_values
from schema.execution.meter import limit_cost
from schema.execution.operations import AmbiguousDocument, is_ambiguous
from schema.execution.plain_fields import keep_plain_fields
from schema.execution.plain_names import PlainNames
from schema.execution.planned import Begun, PlannedExecution
from schema.execution.plans import Asked, Plans
from schema.execution.running import Place
from schema.mutations import Mutation
from schema.query import Query
from schema.subscription import Subscription
from schema.types.scalars import SCALARS

MOST_MISFITS = 10
_KINDS = {kind: OperationType(kind.value) for kind in graphql.OperationType}
"""graphql-core's kinds of operations, as Strawberry's."""
WITH_ONE_RESULT = frozenset({OperationType.QUERY, OperationType.MUTATION})

_SUGGESTION = re.compile(r" Did you mean [^?]*\?")


class Schema(strawberry.Schema):
    """The schema for documents that keep to `rules`."""

    def __init__(self, rules: Rules) -> None:
        super().__init__(
            query=Query,
            mutation=Mutation,
            subscription=Subscription,
            execution_context_class=PlannedExecution,
            config=StrawberryConfig(auto_camel_case=False, name_converter=PlainNames(), scalar_map=SCALARS),
        )
        keep_plain_fields(self.graphql_schema)
        make_inputs_of_values(self.graphql_schema, self.config.name_converter)
        limit_cost(self.graphql_schema, rules.limits.cost)
        self.rules = rules
        documents = DocumentCache(self.graphql_schema, rules)
        self.extensions = (partial(CachedDocuments, documents),)
        self._plans = Plans(self, documents)

    def _warn_for_federation_directives(self) -> None:
        """There are none, and looking for them would load them."""

    @property
    def graphql_schema(self) -> GraphQLSchema:
        """graphql-core's own schema."""
        return self._schema

    async def execute(self, *args: Any, **kwargs: Any) -> ExecutionResult:
        """Executes what has one result. What has several, a subscription, is for `stream`."""
        allowed = kwargs.get("allowed_operation_types", WITH_ONE_RESULT)
        kwargs["allowed_operation_types"] = WITH_ONE_RESULT & {*allowed}
        context = kwargs["context_value"]
        document = _document(args, kwargs)
        place = Place(context, document, kwargs.get("operation_name"))
        if not place.take():
            await place.wait()
        try:
            result = await self._planned(document, kwargs)
            if result is None:
                result = await super().execute(*args, **kwargs)
        finally:
            place.leave()
        self._conclude(result, context)
        return result

    async def _planned(self, document: str | None, options: dict[str, Any]) -> ExecutionResult | None:
        """The result of an operation with a plan. None where Strawberry executes it, as it is told then."""
        context = options["context_value"]
        if document is None or not isinstance(context, Context):
            return None
        asked = Asked(document, options.get("operation_name"), options.get("variable_values") or {}, context)
        operation = self._plans.found(asked)
        options["root_value"] = begun = Begun(self._plans, asked, operation)
        kind = _KINDS[operation.kind] if operation else None
        if operation is None or kind not in (options.get("allowed_operation_types") or OperationType):
            return None
        if kind is OperationType.MUTATION:
            return await self._changed(operation, begun)
        if kind is OperationType.QUERY:
            data = await self._plans.answer(operation, asked, begun.outcomes)
            return None if data is None else ExecutionResult(data=data, errors=None)
        return None

    async def _changed(self, operation: CompiledOperation, begun: Begun) -> ExecutionResult:
        """What Strawberry does with a mutation, whose document was checked: it has nothing to find out."""
        execute = self._get_execute_function()
        try:
            result = await await_maybe(
                execute(
                    self.graphql_schema,
                    operation.document,
                    root_value=begun,
                    context_value=begun.asked.context,
                    variable_values=begun.asked.given,
                    operation_name=begun.asked.context.operation,
                    executor_class=self.execution_context_class,
                    is_awaitable=optimized_is_awaitable,
                )
            )
        except Exception as failure:  # those of fields are in the result
            return PreExecutionError(data=None, errors=[as_graphql_error(failure)])
        return ExecutionResult(data=result.data, errors=result.errors)

    def _get_execute_function(self) -> Callable[..., Any]:
        """Of variables that do not fit, a few are told: each is written with the values around it."""
        return partial(execute_in_parts, max_coercion_errors=MOST_MISFITS)

    async def stream(self, *args: Any, **kwargs: Any) -> StreamResult:
        """Executes one of several operations that share a connection, each with loaders of its own."""
        kwargs["context_value"] = kwargs["context_value"].another()
        return self._streamed(*args, **kwargs)

    async def _streamed(self, *args: Any, **kwargs: Any) -> StreamResult:
        """A stream that just ended would look complete, so what goes wrong is its last result."""
        context, document = kwargs["context_value"], _document(args, kwargs)
        try:
            await context.renew()
            if is_ambiguous(document, kwargs["operation_name"]):
                raise AmbiguousDocument
            async with Place(context, document, kwargs["operation_name"]):
                if (planned := await self._planned(document, kwargs)) is not None:
                    self._conclude(planned, context)
                    yield planned
                    return
                results = self._followed(kwargs) or await super().stream(*args, **kwargs)
                async with aclosing(results):
                    async for result in results:
                        if isinstance(result, ExecutionResult):
                            self._conclude(result, context)
                        yield result
        except Exception as failure:
            last = PreExecutionError(data=None, errors=[as_graphql_error(failure)])
            self._conclude(last, context)
            yield last

    def _followed(self, options: Mapping[str, Any]) -> StreamResult | None:
        """The results of a subscription with a plan. None where Strawberry executes it."""
        begun, allowed = options.get("root_value"), options.get("allowed_operation_types") or OperationType
        if not isinstance(begun, Begun) or OperationType.SUBSCRIPTION not in allowed:
            return None
        following = Following.of(self.graphql_schema, begun)
        return following.results() if following else None

    def _conclude(self, result: ExecutionResult, context: Context) -> None:
        """Makes the errors of a result what the caller may see, and counts it."""
        self._make_errors_visible(result, context)
        if isinstance(result, PreExecutionError):
            context.way = Way.REFUSED
        elif context.way is None or (result.errors and context.way == Way.PLANNED):
            context.way = Way.FAILED
        context.count_execution(context.way)

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
