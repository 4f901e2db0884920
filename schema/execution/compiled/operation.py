"""An operation, and its plans: one for each combination of what @skip and @include look at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import strawberry
from graphql import DocumentNode, OperationDefinitionNode, OperationType, Undefined

from schema.execution.compiled.running import Prices, Unplanned
from schema.execution.compiled.selecting import Replaced, Selecting
from schema.execution.compiled.source import Plan, Writer
from schema.execution.compiled.variables import Variables, variables_of_directives

MOST_PLANS = 4


class CompiledOperation:
    """A valid operation of a document, for callers who see the same replaced."""

    def __init__(
        self,
        schema: strawberry.Schema,
        document: DocumentNode,
        name: str | None,
        prices: Prices,
        replaced: Replaced,
    ) -> None:
        """Raises Unplanned where none of it can be planned."""
        self._schema = schema
        self.document = document
        self._operation = _operation(document, name)
        self.kind = self._operation.operation
        self._prices = prices
        self._replaced = replaced
        self.variables = Variables(schema._schema, self._operation.variable_definitions or ())
        self._flags = sorted(variables_of_directives(document) & self.variables.definitions.keys())
        self._plans: dict[tuple[Any, ...], Plan | None] = {}

    @property
    def lines(self) -> int:
        """Of all its plans. Another thread may write one of them just now."""
        return sum(plan.lines for plan in [*self._plans.values()] if plan)

    def found(self, coerced: Mapping[str, Any]) -> Plan | None:
        """The plan for these variables; None until it is written. Raises Unplanned where it cannot be."""
        flags = self._flags_in(coerced)
        if flags not in self._plans:
            return None
        return self._writable(self._plans[flags])

    def written(self, coerced: Mapping[str, Any], given: Mapping[str, Any]) -> Plan:
        """The same, after it was written. This takes some milliseconds; for one thread at a time."""
        flags = self._flags_in(coerced)
        if flags not in self._plans:
            if len(self._plans) >= MOST_PLANS:
                raise Unplanned
            self._plans[flags] = None  # unless it can be written
            self._plans[flags] = self._write(given)
        return self._writable(self._plans[flags])

    def _flags_in(self, coerced: Mapping[str, Any]) -> tuple[Any, ...]:
        return tuple([coerced.get(name, Undefined) for name in self._flags])

    @staticmethod
    def _writable(plan: Plan | None) -> Plan:
        if plan is None:
            raise Unplanned
        return plan

    def _write(self, given: Mapping[str, Any]) -> Plan:
        definitions = [self.variables.definitions[name] for name in self._flags]
        flags = self.variables.core(definitions, given)
        selecting = Selecting(self._schema, self.document, self._operation, flags, self._replaced)
        root = selecting.core.get_root_type(self.kind)
        if root is None:
            raise Unplanned
        writer = Writer(selecting, self.variables, self._prices)
        return writer.of_root(root) if self.kind is OperationType.QUERY else writer.of_payloads(root)


def _operation(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    found = [
        each
        for each in document.definitions
        if isinstance(each, OperationDefinitionNode)
        and (name is None or (each.name is not None and each.name.value == name))
    ]
    if len(found) != 1:
        raise Unplanned
    return found[0]
