"""Execution by graphql-core of what plans could not do, or may not do alone.

Of a query it takes what a plan has begun. Of a mutation and a subscription it resolves the root fields, once
and in their order, whatever becomes of what they return; only that is read by a plan. What a plan cannot
read is completed here, and nothing is done twice.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from graphql import GraphQLObjectType, OperationType
from graphql.execution.collect_fields import FieldDetailsList
from graphql.execution.executor import to_nodes
from graphql.pyutils import Path
from strawberry.utils.await_maybe import await_maybe

from resolvers.turns import Turns
from schema.execution.compiled.running import Outcome, Run
from schema.execution.metered import MeteredExecution
from schema.execution.plans import AT_ONCE, Asked, Plans


@dataclass(frozen=True, slots=True)
class Begun:
    """The root value of an execution."""

    plans: Plans
    asked: Asked
    outcomes: dict[str, Outcome]
    """Of the root fields of a query that a plan has resolved."""


class PlannedExecution(MeteredExecution):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        is_query = self.operation.operation is OperationType.QUERY
        begun = self.root_value
        self._left: Begun | None = None
        """Where what the root fields return is left to plans."""
        if isinstance(begun, Begun) and not is_query:
            self._left = begun
            begun.asked.context.way = None

    def build_per_event_executor(self, payload: Any) -> Any:
        if self._left is not None:
            self._left.asked.context.way = None
        return super().build_per_event_executor(payload)

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
        return self.read_by_plan(self._left, self.turns, str(path.key), result, complete)

    async def read_by_plan(
        self, begun: Begun, turns: Turns, key: str, value: Any, complete: Callable[[], Awaitable[Any] | Any]
    ) -> Any:
        """The answer to a root field. What graphql-core has to complete counts as if no plan had begun."""
        asked, spent = begun.asked, self.meter.spent
        run = Run(
            asked.context,
            self.variable_values.coerced,
            asked.given,
            self.meter,
            turns,
            partial(self.pace.keep, turns),
            {},
        )
        run.pause = spent + AT_ONCE
        try:
            return await begun.plans.answer_below(asked, key, value, run)
        except Exception:  # graphql-core comes to it too, and tells it with its path
            self._left = None  # what is left of this operation is not asked of plans
            self.meter.spent = spent
            return await await_maybe(complete())
