"""A document is parsed and validated once; a long one, which clients do not repeat, each time it comes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from graphlib import CycleError
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLSchema,
    NoFragmentCyclesRule,
    NoSchemaIntrospectionCustomRule,
    parse,
    specified_rules,
    validate,
)
from graphql.validation.rules import overlapping_fields_can_be_merged
from strawberry.extensions import SchemaExtension

from resolvers.context import Context
from schema.execution import limits as guard
from schema.execution.limits import Limits
from schema.execution.outline import Outline, outlined

MOST_TOKENS = 10_000  # room for an invoice of 5,000 items whose ids are written into the document
LONGEST = 8_192  # characters: a cache of 512 such documents stays within a few dozen megabytes
REMEMBERED = 512
MOST_SIZES = 64  # pages of different sizes that one document is known to ask for

# Comparing each field with each of the same name is the one part of validation that takes long: a fifth of a
# second at most, where the library would allow a whole one.
overlapping_fields_can_be_merged.MAX_COMPLEXITY_BUDGET = 100_000


@dataclass(frozen=True, slots=True)
class Rules:
    """What a document may do."""

    limits: Limits = field(default_factory=Limits)
    introspection: bool = True


class Reading:
    """A document, and what has been found out about it so far."""

    def __init__(self, schema: GraphQLSchema, rules: Rules, text: str) -> None:
        self.document = parse(text, max_tokens=MOST_TOKENS)
        self._schema = schema
        self._rules = rules
        self._refusals: dict[tuple[object, ...], list[GraphQLError]] = {}

    def errors(self, operation: str | None, variables: Mapping[str, Any]) -> Sequence[GraphQLError]:
        """Why it is not executed. Too much is told before anything else: validating it may take long."""
        if self._outline is None:
            return self._cycles
        return self._too_much(self._outline, operation, variables) or self._invalid

    def _too_much(
        self, outline: Outline, name: str | None, variables: Mapping[str, Any]
    ) -> list[GraphQLError]:
        operation = outline.operations.get(name)
        if operation is None:
            return []
        sizes = guard.sizes(outline, operation, variables)
        key = (name, *sizes.values())
        if key not in self._refusals:
            if len(self._refusals) == MOST_SIZES:
                self._refusals.clear()
            self._refusals[key] = guard.refusals(self._schema, outline, operation, sizes, self._rules.limits)
        return self._refusals[key]

    @cached_property
    def _outline(self) -> Outline | None:
        try:
            return outlined(self.document)
        except CycleError:
            return None

    @cached_property
    def _cycles(self) -> Sequence[GraphQLError]:
        return validate(self._schema, self.document, [NoFragmentCyclesRule])

    @cached_property
    def _invalid(self) -> Sequence[GraphQLError]:
        asking = () if self._rules.introspection else (NoSchemaIntrospectionCustomRule,)
        return validate(self._schema, self.document, (*specified_rules, *asking))


class Readings:
    """Of a schema under its rules, by the documents' text."""

    def __init__(self, schema: GraphQLSchema, rules: Rules) -> None:
        self._schema = schema
        self._rules = rules
        self._remembered = lru_cache(REMEMBERED)(self._read)

    def of(self, text: str) -> Reading:
        return self._remembered(text) if len(text) <= LONGEST else self._read(text)

    def _read(self, text: str) -> Reading:
        return Reading(self._schema, self._rules, text)


class ReadOnce(SchemaExtension):
    """By the document's text: Strawberry's own caches hash the whole syntax tree for every request."""

    def __init__(self, readings: Readings) -> None:
        self._readings = readings

    def on_parse(self) -> Iterator[None]:
        context = self.execution_context
        self._reading = self._readings.of(context.query or "")
        context.graphql_document = self._reading.document
        yield

    def on_validate(self) -> Iterator[None]:
        context = self.execution_context
        errors = self._reading.errors(context.operation_name, context.variables or {})
        context.pre_execution_errors = list(errors)
        if isinstance(context.context, Context):
            context.context.operation = context.operation_name
        yield
