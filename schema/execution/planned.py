"""Execution by graphql-core of what plans could not do, or may not do alone.

Of a query it takes what a plan has begun. Of a mutation and a subscription it resolves the root fields, once
and in their order, whatever becomes of what they return; only that is read by a plan. What a plan cannot
read is completed here, and nothing is done twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from graphql import GraphQLObjectType, OperationType
from graphql.execution.collect_fields import FieldDetailsList
from graphql.execution.executor import to_nodes
from graphql.pyutils import Path
from strawberry.utils.await_maybe import await_maybe

from resolvers.turns import Turns
from schema.execution.compiled.operation import CompiledOperation
from schema.execution.compiled.running import Outcome, Run
from schema.execution.metered import MeteredExecution
from schema.execution.plans import AT_ONCE, Asked, Plans


@dataclass(frozen=True, slots=True)
class Left:
    """A mutation or a subscription, of which what its root fields return is left to its plan."""

    plans: Plans
    operation: CompiledOperation
    given: Mapping[str, Any]


@dataclass(slots=True)
class Begun:
    """The root value of an execution."""

    plans: Plans
    asked: Asked
    operation: CompiledOperation | None
    """None where it has no plan, or not yet."""
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    """Of the root fields of a query that a plan has resolved."""

    def left(self, operation: CompiledOperation | None) -> Left | None:
        if operation is None or operation.kind is OperationType.QUERY:
            return None
        self.asked.context.way = None  # what it was executed by is not known yet
        return Left(self.plans, operation, self.asked.given)


class PlannedExecution(MeteredExecution):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._begun = self.root_value if isinstance(self.root_value, Begun) else None
        self._left = self._begun.left(self._begun.operation) if self._begun else None

    def build_per_event_executor(self, payload: Any) -> Any:
        """Who follows for long has a plan as soon as there is one, and keeps it."""
        if self._begun is not None:
            operation = self._left.operation if self._left else self._begun.plans.found(self._begun.asked)
            self._left = self._begun.left(operation)
        return super().build_per_event_executor(payload)

    def of_event(self, event: Any) -> Any:
        """The execution of an event that a plan could not read."""
        execution = self.build_per_event_executor(event)
        execution._left = None
        return execution

    def execute_field(
        self,
        parent_type: GraphQLObjectType,
        source: Any,
        field_details_list: FieldDetailsList,
        path: Path,
        position_context: Any,
    ) -> Any:
        """Takes what a plan's resolver has returned or raised, where a plan began with it."""
        is_root = path.prev is None and isinstance(source, Begun)
        outcome = source.outcomes.get(str(path.key)) if is_root else None
        if outcome is None:
            return super().execute_field(parent_type, source, field_details_list, path, position_context)
        field = parent_type.fields[field_details_list[0].node.name.value]
        info = self.build_resolve_info(field, to_nodes(field_details_list), parent_type, path)
        return self.complete_awaitable_value(
            field.type, field_details_list, info, path, outcome.again(), position_context
        )

    def collect_and_execute_subfields(
        self,
        return_type: GraphQLObjectType,
        field_details_list: FieldDetailsList,
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        if path.prev is not None or self._left is None or self.turns is None:
            return super().collect_and_execute_subfields(
                return_type, field_details_list, path, result, position_context
            )
        complete = partial(
            super().collect_and_execute_subfields,
            return_type,
            field_details_list,
            path,
            result,
            position_context,
        )
        return self._read_by_plan(self._left, self._run(self._left, self.turns), path, result, complete)

    def _run(self, left: Left, turns: Turns) -> Run:
        wait, coerced = partial(self.pace.keep, turns), self.variable_values.coerced
        run = Run(self.context_value, coerced, left.given, self.meter, turns, wait, {})
        run.pause = self.meter.spent + AT_ONCE
        return run

    async def _read_by_plan(
        self, left: Left, run: Run, path: Path, value: Any, complete: Callable[[], Any]
    ) -> Any:
        """The answer to a root field. What graphql-core has to complete counts as if no plan had begun."""
        spent = self.meter.spent
        try:
            return await left.plans.read(left.operation, str(path.key), value, run)
        except Exception:  # graphql-core comes to it too, and tells it with its path
            self._left = None  # what is left of this operation is not asked of plans
            self.meter.spent = spent
            return await await_maybe(complete())
