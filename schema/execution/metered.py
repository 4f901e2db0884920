"""Execution that counts what an answer costs, and that lets others have their turn while it makes a long one.

Two things can take long: many values that were waited for and are there at the same time, and long lists. So
the turn is looked at after each wait, and between the items of a list.

An answer that costs too much is not ended by an exception, which would leave half of the execution behind:
what was begun comes to its end, but nothing is asked or read for it any more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice
from typing import Any

from graphql import (
    GraphQLLeafType,
    GraphQLList,
    GraphQLOutputType,
    GraphQLResolveInfo,
    OperationType,
    get_nullable_type,
    is_object_type,
)
from graphql.execution.collect_fields import FieldDetailsList
from graphql.pyutils import Path, gather_with_cancel

from resolvers.context import Context
from resolvers.turns import Pace, Turns, turns
from schema.execution.meter import size
from schema.execution.plain_fields import AT_ONCE, PlainFieldExecution, Read


class MeteredExecution(PlainFieldExecution):
    """Executes an operation until its answer costs more than it may."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.turns = _running_turns()
        self.pace = self.context_value.pace if isinstance(self.context_value, Context) else Pace()
        self._is_mutation = self.operation.operation is OperationType.MUTATION

    def execute_operation(self, serially: bool | None = None) -> Any:
        """Begins, in the event loop's thread: where there are many variables, it was built in another."""
        self.turns = _running_turns()
        return super().execute_operation(serially)

    def build_per_event_executor(self, payload: Any) -> Any:
        """Each result of a subscription is an answer of its own; the one before it is complete by then."""
        self.meter.spent = 0
        return super().build_per_event_executor(payload)

    def build_response(self, data: dict[str, Any] | None) -> Any:
        if self.meter.is_over:
            if not (self.meter.is_ended and self.collected_errors.errors):  # else it was not the cost
                self.collected_errors.errors[:] = [self.meter.refusal()]
            data = None
        return super().build_response(data)

    async def complete_awaitable_value(
        self,
        return_type: GraphQLOutputType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        if self.meter.is_over and asyncio.iscoroutine(result):
            result.close()
            return None
        try:
            resolved = await result
            if self._is_mutation and path.prev is None:
                self.meter.done[str(path.key)] = _ids_in(resolved)
            if self.turns is not None and self.turns.is_over():
                await self.pace.keep(self.turns)
            completed = self.complete_value(
                return_type, field_details_list, info, path, resolved, position_context
            )
            return await completed if self.is_awaitable(completed) else completed
        except Exception as failure:
            self.handle_field_error(failure, return_type, field_details_list, path)
            return None

    def complete_leaf_value(self, return_type: GraphQLLeafType, result: Any) -> Any:  # type: ignore[override]
        value = super().complete_leaf_value(return_type, result)
        self.meter.spent += size(value)
        return value

    def complete_list_value(
        self,
        return_type: GraphQLList[GraphQLOutputType],
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        kind = get_nullable_type(return_type.of_type)
        if self.turns is None or not is_object_type(kind) or not isinstance(result, Sequence):
            return super().complete_list_value(
                return_type, field_details_list, info, path, result, position_context
            )
        complete = partial(
            self._complete_in_turns, return_type.of_type, field_details_list, info, path, position_context
        )
        reader = self.object_reader(kind, field_details_list)
        if reader.read is None:
            return complete(result, self.turns)
        self.meter.spent += len(result) * reader.cost
        if self.meter.is_over:
            return []
        if len(result) > AT_ONCE:
            return self._read_in_turns(reader.read, complete, result, self.turns)
        try:
            return [reader.read(item) for item in result]
        except Exception:  # graphql-core reports it, with its path
            return complete(result, self.turns)

    async def _read_in_turns(
        self, read: Read, complete: Callable[..., Any], items: Sequence[Any], turns: Turns
    ) -> Any:
        values: list[Any] = []
        left = iter(items)
        try:
            while part := [read(item) for item in islice(left, AT_ONCE)]:
                values += part
                if self.meter.is_over:
                    break
                await self.pace.keep(turns)
            return values
        except Exception:  # graphql-core reports it, with its path
            return await complete(items, turns)

    async def _complete_in_turns(
        self,
        item_type: GraphQLOutputType,
        details: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        position_context: Any,
        items: Sequence[Any],
        turns: Turns,
    ) -> list[Any]:
        """What `complete_iterable_value` does, item by item."""
        values: list[Any] = []
        waiting: list[int] = []
        try:
            for index, item in enumerate(items):
                if turns.is_over():
                    await self.pace.keep(turns)
                if self.meter.is_over:
                    break
                at = path.add_key(index, None)
                if self.complete_list_item_value(
                    item, values, item_type, details, info, at, position_context
                ):
                    waiting.append(index)
        except BaseException as failure:
            if not isinstance(failure, Exception):  # nobody waits for the answer any more
                self.meter.end()
            self.settle_in_background([values[index] for index in waiting])
            raise
        there = await gather_with_cancel(*[values[index] for index in waiting])
        for index, value in zip(waiting, there, strict=True):
            values[index] = value
        return values


def _running_turns() -> Turns | None:
    """None where an operation is executed without an event loop: nobody waits for a turn then."""
    try:
        return turns()
    except RuntimeError:
        return None


def _ids_in(payload: object) -> dict[str, str]:
    """The ids of what a mutation made or changed, by the names of its payload's fields."""
    return {name: str(value.id) for name, value in vars(payload).items() if hasattr(value, "id")}
