"""Operations that came before are executed by their plans (`schema.execution.compiled`).

The documents are those of the cache, so they are valid, and what an operation may ask for is checked each
time as ever. What an answer costs, whose turn it is and what a session sees are the same as in
`schema.execution.metered`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

import strawberry
from graphql import OperationType

from resolvers.context import Context
from resolvers.shared_threads import SharedThreads
from resolvers.turns import turns
from resolvers.ways import Way
from schema.execution.compiled.operation import CompiledOperation
from schema.execution.compiled.running import Outcome, Prices, Run
from schema.execution.compiled.selecting import Replaced
from schema.execution.compiled.source import ROOT, Plan
from schema.execution.documents import DocumentCache, ParsedDocument
from schema.execution.inputs import has_many
from schema.execution.meter import CHARACTER, OBJECT, VALUE, meter_of, size
from schema.execution.sessions import replaced_fields

PLANNED_AT = 2
"""The time that an operation comes at which its plan is made: some callers write ids into their documents."""
MOST_OPERATIONS = 1_024  # remembered, with or without a plan
MOST_LINES = 100_000  # of all plans: some dozens of megabytes
NEVER = -1
"""Times of an operation that cannot be planned."""
AT_ONCE = 200 * OBJECT

PRICES = Prices(OBJECT, VALUE, CHARACTER, size, AT_ONCE)

Given = Mapping[str, Any]
Key = tuple[str, str | None, bool]


class Asked(NamedTuple):
    """What is asked for, and by whom."""

    text: str
    name: str | None
    """Of the operation, where the request has it."""
    given: Given
    context: Context


class Plans:
    """The plans of one schema, by the text of the document. For an event loop's thread.

    They are written in a thread, one of an account at a time.
    """

    def __init__(self, schema: strawberry.Schema, documents: DocumentCache) -> None:
        self._schema = schema
        self._documents = documents
        self._known: OrderedDict[Key, CompiledOperation | int] = OrderedDict()
        self._threads = SharedThreads(1, 1, "plans")

    def found(self, asked: Asked) -> CompiledOperation | None:
        """The operation, which may be executed as it is asked for; None where it has no plan, or not yet.

        Then the context's way says why.
        """
        context = asked.context
        context.way = Way.FIRST
        document = self._documents.known(asked.text)
        if document is None or not document.is_quick:
            return None
        context.operation = name = document.name_of(asked.name)
        is_query = document.kind_of(name) is OperationType.QUERY
        context.way = Way.UNPLANNED
        if is_query and has_many(asked.given):
            return None
        context.way = Way.REFUSED
        if document.errors(name, asked.given):
            return None
        replaced = replaced_fields(context)
        known = self._operation((asked.text, name, bool(replaced)), document, replaced)
        context.way = Way.UNPLANNED if known == NEVER else Way.FIRST
        return None if isinstance(known, int) else known

    async def answer(
        self, operation: CompiledOperation, asked: Asked, outcomes: dict[str, Outcome]
    ) -> dict[str, Any] | None:
        """The data of a query; None where graphql-core executes, with what `outcomes` has then."""
        context = asked.context
        context.way = Way.REFUSED
        try:
            run = self.run(context, operation.variables.coerced(asked.given), asked.given, outcomes)
            return await self.read(operation, ROOT, None, run)
        except Exception:  # whatever it is, graphql-core comes to it too, and tells it with its path
            if context.loaders.is_narrow:
                _forget_values(outcomes)
            return None
        finally:
            if context.loaders.is_narrow:
                context.read_whole_rows()

    async def read(self, operation: CompiledOperation, key: str, value: Any, run: Run) -> dict[str, Any]:
        """The answer of a query (ROOT), or below a root field that has this value.

        Raises whatever ends the plan.
        """
        plan = self._found(operation, run) or await self._written(operation, run)
        return await self._read(plan, key, value, run)

    async def read_event(self, operation: CompiledOperation, event: Any, run: Run) -> dict[str, Any]:
        """The answer of a subscription to an event. Raises whatever ends the plan."""
        plan = self._found(operation, run) or await self._written(operation, run)
        (key,) = plan.reads
        return {key: await self._read(plan, key, event, run)}

    @staticmethod
    def _found(operation: CompiledOperation, run: Run) -> Plan | None:
        context: Context = run.context
        context.way = Way.UNPLANNED
        return operation.found(run.variables)

    @staticmethod
    async def _read(plan: Plan, key: str, value: Any, run: Run) -> dict[str, Any]:
        context: Context = run.context
        if plan.columns is not None:
            context.loaders.narrow(plan.columns)
        context.way = Way.FAILED
        data: dict[str, Any] = await run.read(plan.reads[key], value, PRICES)
        context.way = Way.PLANNED
        return data

    def run(
        self,
        context: Context,
        coerced: Mapping[str, Any],
        given: Given,
        outcomes: dict[str, Outcome] | None = None,
    ) -> Run:
        """One execution of a plan, which may cost as much as any."""
        current = turns()
        wait = partial(context.pace.keep, current)
        meter = meter_of(self._schema._schema)
        run = Run(context, coerced, given, meter, current, wait, {} if outcomes is None else outcomes)
        run.pause = AT_ONCE
        return run

    def _operation(self, key: Key, document: ParsedDocument, replaced: Replaced) -> CompiledOperation | int:
        """What is known of the operation, which comes once more now."""
        known = self._known.get(key, 0)
        if isinstance(known, int):
            known = self._next(known, key[1], document, replaced)
            self._known[key] = known
            if len(self._known) > MOST_OPERATIONS:
                self._forget_oldest()
        else:
            self._known.move_to_end(key)
        return known

    def _next(
        self, times: int, name: str | None, document: ParsedDocument, replaced: Replaced
    ) -> CompiledOperation | int:
        """What is known of an operation that came so many times and comes again."""
        if times == NEVER or times + 1 < PLANNED_AT:
            return times if times == NEVER else times + 1
        try:
            return CompiledOperation(self._schema, document.node, name, PRICES, replaced)
        except Exception:  # a plan makes no error
            return NEVER

    async def _written(self, operation: CompiledOperation, run: Run) -> Plan:
        write = partial(operation.written, run.variables, run.given)
        plan = await self._threads.run(run.context.holder, write)
        lines = sum(map(_lines_of, self._known.values()))  # others may have written, or given up, meanwhile
        while lines > MOST_LINES and len(self._known) > 1:
            lines -= _lines_of(self._forget_oldest())
        return plan

    def _forget_oldest(self) -> CompiledOperation | int:
        _, oldest = self._known.popitem(last=False)
        return oldest


def _forget_values(outcomes: dict[str, Outcome]) -> None:
    """They have narrow rows, and graphql-core wants whole ones: it asks their resolvers again."""
    for key in [key for key, outcome in outcomes.items() if outcome.failure is None]:
        del outcomes[key]


def _lines_of(known: CompiledOperation | int) -> int:
    return known.lines if isinstance(known, CompiledOperation) else 0
