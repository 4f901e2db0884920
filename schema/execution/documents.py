"""The documents that came lately, parsed and validated once.

A long document is parsed and validated each time: clients do not repeat it, and it would fill the cache.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from graphlib import CycleError
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    NoFragmentCyclesRule,
    NoSchemaIntrospectionCustomRule,
    OverlappingFieldsCanBeMergedRule,
    Source,
    ValidationContext,
    parse,
    specified_rules,
    validate,
)
from strawberry.extensions import SchemaExtension

from resolvers.context import Context
from schema.execution.limits import Limits, limit_errors, page_sizes
from schema.execution.outline import Outline, outline_of

MOST_TOKENS = 10_000  # enough for an invoice of 5,000 items whose ids are written into the document
LONGEST = 300_000  # characters, for as many items; what is no token takes time too: blanks and comments
MOST_CHARACTERS = 8_192  # of a cached document: 512 of them stay within a few dozen megabytes
MOST_DOCUMENTS = 512
MOST_SIZES = 64  # combinations of page sizes that one document is remembered to have asked for
MOST_COMPARISONS = 100_000


@dataclass(frozen=True, slots=True)
class Rules:
    """What documents may do."""

    limits: Limits = field(default_factory=Limits)
    introspection: bool = True


class FieldsCanBeMerged(OverlappingFieldsCanBeMergedRule):
    """Compares fields of the same name: the one part of validation that takes long.

    MOST_COMPARISONS end it after a fifth of a second; the library's own limit would allow a whole second.
    """

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self.rule_context.remaining_complexity_budget = MOST_COMPARISONS


_RULES = tuple(
    FieldsCanBeMerged if rule is OverlappingFieldsCanBeMergedRule else rule for rule in specified_rules
)


class ParsedDocument:
    """A document, and what has been found out about it so far."""

    def __init__(self, schema: GraphQLSchema, rules: Rules, text: str) -> None:
        if len(text) > LONGEST:
            raise GraphQLSyntaxError(
                Source(""), 0, f"The document has more than {LONGEST} characters: put values into variables."
            )
        self.node = parse(text, max_tokens=MOST_TOKENS)
        self._schema = schema
        self._rules = rules
        self._limit_errors: dict[tuple[object, ...], list[GraphQLError]] = {}

    def errors(self, operation: str | None, variables: Mapping[str, Any]) -> Sequence[GraphQLError]:
        """Why the operation is not executed. Limits come first: a large document takes long to validate."""
        if self._outline is None:
            return self._cycle_errors
        return self._errors_of_limits(self._outline, operation, variables) or self._validation_errors

    def _errors_of_limits(
        self, outline: Outline, name: str | None, variables: Mapping[str, Any]
    ) -> list[GraphQLError]:
        operation = outline.operations.get(name)
        if operation is None:
            return []
        sizes = page_sizes(outline, operation, variables)
        key = (name, *sizes.values())
        if key not in self._limit_errors:
            if len(self._limit_errors) == MOST_SIZES:
                self._limit_errors.clear()
            limits = self._rules.limits
            self._limit_errors[key] = limit_errors(self._schema, outline, operation, sizes, limits)
        return self._limit_errors[key]

    @cached_property
    def _outline(self) -> Outline | None:
        try:
            return outline_of(self.node)
        except CycleError:
            return None

    @cached_property
    def _cycle_errors(self) -> Sequence[GraphQLError]:
        return validate(self._schema, self.node, [NoFragmentCyclesRule])

    @cached_property
    def _validation_errors(self) -> Sequence[GraphQLError]:
        more = () if self._rules.introspection else (NoSchemaIntrospectionCustomRule,)
        return validate(self._schema, self.node, (*_RULES, *more))


class DocumentCache:
    """The parsed documents of one schema, by their text."""

    def __init__(self, schema: GraphQLSchema, rules: Rules) -> None:
        self._schema = schema
        self._rules = rules
        self._cached = lru_cache(MOST_DOCUMENTS)(self._parse)

    def get(self, text: str) -> ParsedDocument:
        return self._cached(text) if len(text) <= MOST_CHARACTERS else self._parse(text)

    def _parse(self, text: str) -> ParsedDocument:
        return ParsedDocument(self._schema, self._rules, text)


class CachedDocuments(SchemaExtension):
    """Takes documents from the cache. Strawberry's own caches hash the whole syntax tree of every request."""

    def __init__(self, cache: DocumentCache) -> None:
        self._cache = cache

    def on_parse(self) -> Iterator[None]:
        context = self.execution_context
        self._document = self._cache.get(context.query or "")
        context.graphql_document = self._document.node
        yield

    def on_validate(self) -> Iterator[None]:
        context = self.execution_context
        errors = self._document.errors(context.operation_name, context.variables or {})
        context.pre_execution_errors = list(errors)
        if isinstance(context.context, Context):
            context.context.operation = context.operation_name
        yield
