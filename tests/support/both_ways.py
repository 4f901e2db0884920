"""Each operation of a test is executed by its plan and by graphql-core, and both must say the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from copy import copy
from typing import Any

import orjson
import pytest
import strawberry
from graphql import GraphQLError, located_error, print_ast
from graphql.execution.executor import CollectedErrors
from graphql.pyutils import Path
from strawberry.types import ExecutionResult
from strawberry.utils.await_maybe import await_maybe

from resolvers.context import Context
from resolvers.ways import Way
from schema import Schema
from schema.execution import plans
from schema.execution.following import Following
from schema.execution.operations import is_subscription, may_only_read
from schema.execution.planned import PlannedExecution
from tests.support.alike import are_alike

_is_paused = False


@contextmanager
def executed_once() -> Iterator[None]:
    """In here operations are executed by one way only: where statements are counted, or the time is taken."""
    global _is_paused
    was, _is_paused = _is_paused, True
    try:
        yield
    finally:
        _is_paused = was


@contextmanager
def compared_ways() -> Iterator[None]:
    """In here plans are made the first time that an operation comes, and compared. Asserts that none differs.

    In the end: what is raised while an operation is executed would be an error in its answer.
    """
    differing: list[object] = []
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(plans, "PLANNED_AT", 1)
        _compare_queries(monkeypatch, differing)
        _compare_below_root_fields(monkeypatch, differing)
        _compare_events(monkeypatch, differing)
        yield
    assert not differing


def _compare_queries(monkeypatch: pytest.MonkeyPatch, differing: list[object]) -> None:
    planned = Schema._planned

    async def compared(self: Schema, document: str | None, options: dict[str, Any]) -> ExecutionResult | None:
        name, context = options.get("operation_name"), options["context_value"]
        if _is_paused or document is None or not isinstance(context, Context):
            return await planned(self, document, options)
        if not may_only_read(document):
            await _come_before(self, document, options)
            return await planned(self, document, options)
        if is_subscription(document, name) or "wait_for_pdf_ms" in document:
            return await planned(self, document, options)
        usual = await _by_graphql_core(self, document, options)
        result = await planned(self, document, options)
        if result is None:
            result = await _by_graphql_core(self, document, options)
        if not are_alike(result, usual):
            usual = await _by_graphql_core(self, document, options)  # something may have changed meanwhile
        if not are_alike(result, usual):
            differing.append((document, options.get("variable_values"), result, usual))
        return result

    monkeypatch.setattr(Schema, "_planned", compared)


async def _come_before(schema: Schema, document: str, options: dict[str, Any]) -> None:
    """Parses and checks a mutation, which is not executed for that."""
    with suppress(GraphQLError):
        parsed = await schema._plans._documents.get(document, "")
        parsed.errors(parsed.name_of(options.get("operation_name")), options.get("variable_values") or {})


async def _by_graphql_core(schema: Schema, document: str | None, options: dict[str, Any]) -> ExecutionResult:
    """After a plan that gave up, with what it has begun."""
    context = options["context_value"].another()
    return await strawberry.Schema.execute(schema, **{**options, "query": document, "context_value": context})


def _compare_below_root_fields(monkeypatch: pytest.MonkeyPatch, differing: list[object]) -> None:
    """What a mutation has returned, and an event, is completed twice; the mutation itself runs once."""
    planned = PlannedExecution.collect_and_execute_subfields

    def compared(
        self: PlannedExecution, return_type: Any, details: Any, path: Path, value: Any, position: Any
    ) -> Any:
        if _is_paused or path.prev is not None or self._left is None:
            return planned(self, return_type, details, path, value, position)
        return _completed_twice(self, return_type, details, path, value, position)

    monkeypatch.setattr(PlannedExecution, "collect_and_execute_subfields", compared)

    async def _completed_twice(self: PlannedExecution, *args: Any) -> Any:
        usual, spent, seen = copy(self), self.meter.spent, len(self.collected_errors.errors)
        usual._left, usual.collected_errors = None, CollectedErrors()
        expected = await _outcome(planned(usual, *args))
        self.meter.spent = spent
        self.context_value.loaders = self.context_value.another().loaders  # it loads again
        value, failure = outcome = await _outcome(planned(self, *args))
        path: Path = args[2]
        told = _told(path, outcome, self.collected_errors.errors[seen:])
        wanted = _told(path, expected, usual.collected_errors.errors)
        if not are_alike(told, wanted):
            differing.append((print_ast(self.operation), told, wanted))
        if failure is not None:
            raise failure
        return value


def _compare_events(monkeypatch: pytest.MonkeyPatch, differing: list[object]) -> None:
    """What is told of an event, to however many, is also executed by graphql-core."""
    planned = Following._read

    async def compared(self: Following, event: Any) -> orjson.Fragment | Way:
        answer = await planned(self, event)
        if _is_paused or isinstance(answer, Way):
            return answer
        told = _as_told(answer)
        for _ in range(2):  # links say when they were made, in seconds
            self._context.loaders = self._context.another().loaders  # it loads again
            usual = await self._completed(event)
            if are_alike(told, usual):
                return answer
            told = _as_told(await planned(self, event))
        differing.append((print_ast(self._execution.operation), told, usual))
        return answer

    monkeypatch.setattr(Following, "_read", compared)


def _as_told(answer: object) -> ExecutionResult:
    return ExecutionResult(orjson.loads(orjson.dumps(answer)), None)  # of what was written already


Outcome = tuple[Any, Exception | None]


async def _outcome(completed: Any) -> Outcome:
    """What is returned, or raised."""
    try:
        return await await_maybe(completed), None
    except Exception as failure:
        return None, failure


def _told(path: Path, outcome: Outcome, errors: Sequence[GraphQLError]) -> ExecutionResult:
    """What a caller is told of the field at a path."""
    value, failure = outcome
    raised = [] if failure is None else [located_error(failure, None, path.as_list())]
    return ExecutionResult({str(path.key): value}, [*errors, *raised])
