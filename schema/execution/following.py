"""Subscriptions that have a plan. What is told of a change is read and written once for all who see the same.

graphql-core begins them, so their arguments and errors are its. Each caller has its own source of events, by
which it is told nothing twice and ends with its key. Callers share an answer where the same moment is told to
them (`resolvers.once.Moment`) by the same operation with the same variables, and they may do the same
(`Principal.view`). An answer with an error is never shared: each caller's is executed by graphql-core.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Hashable, Mapping
from contextlib import aclosing
from functools import partial
from typing import Any, cast

import orjson
from graphql import ExecutionResult as CoreResult
from graphql import GraphQLError, GraphQLSchema, OperationType, create_source_event_stream
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.utils.await_maybe import await_maybe

from resolvers.ways import Way
from schema.execution.compiled.operation import CompiledOperation
from schema.execution.planned import Begun, PlannedExecution

Data = dict[str, Any]


class Following:
    """One caller's subscription."""

    def __init__(self, execution: PlannedExecution, operation: CompiledOperation, begun: Begun) -> None:
        self._execution = execution
        self._operation = operation
        self._begun = begun
        self._context = begun.asked.context
        self._variables = _written(begun.asked.given)

    @classmethod
    def of(cls, schema: GraphQLSchema, begun: Begun) -> Following | None:
        """None where it is no subscription, has no plan, or its variables do not fit."""
        asked, operation = begun.asked, begun.operation
        if operation is None or operation.kind is not OperationType.SUBSCRIPTION:
            return None
        execution = PlannedExecution.build(
            schema,
            operation.document,
            begun,
            asked.context,
            dict(asked.given),
            asked.context.operation,
        )
        return cls(execution, operation, begun) if isinstance(execution, PlannedExecution) else None

    async def results(self) -> AsyncGenerator[ExecutionResult, None]:
        try:
            source = await await_maybe(create_source_event_stream(self._execution))
            if isinstance(source, CoreResult):
                yield PreExecutionError(data=None, errors=source.errors)
                return
            async with aclosing(cast(AsyncGenerator[Any, None], source)) as events:
                async for event in events:
                    yield await self._told(event)
        except Exception as failure:
            known = failure if isinstance(failure, GraphQLError) else None
            error = known or GraphQLError(str(failure), original_error=failure)
            yield ExecutionResult(data=None, errors=[error])

    async def _told(self, event: Any) -> ExecutionResult:
        context, read = self._context, partial(self._read, event)
        moment, context.moment = context.moment, None
        key = self._view
        if moment is None or key is None:
            answer = await read()
        else:
            answer = await moment.made_once(key, read)
        if isinstance(answer, Way):
            context.way = answer
            return await self._completed(event)
        context.way = Way.PLANNED
        return ExecutionResult(data=cast(Data, answer), errors=None)

    @property
    def _view(self) -> Hashable | None:
        """Whoever has the same is answered the same. None where that cannot be told."""
        if self._variables is None:
            return None
        return self._operation, self._variables, self._context.principal.view

    async def _read(self, event: Any) -> orjson.Fragment | Way:
        """The answer's data as JSON, or why there is none."""
        context, plans = self._context, self._begun.plans
        try:
            run = plans.run(context, self._execution.variable_values.coerced, self._begun.asked.given)
            return orjson.Fragment(orjson.dumps(await plans.read_event(self._operation, event, run)))
        except Exception:  # graphql-core comes to it too, for each caller, and tells it with its path
            return context.way or Way.FAILED

    async def _completed(self, event: Any) -> ExecutionResult:
        result = await await_maybe(self._execution.of_event(event).execute_operation(False))
        return ExecutionResult(data=result.data, errors=result.errors)


def _written(given: Mapping[str, Any]) -> bytes | None:
    """Variables, so that they can be compared."""
    try:
        return orjson.dumps(given, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # numbers that are too long
        return None
