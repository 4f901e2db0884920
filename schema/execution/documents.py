"""The documents that came lately, parsed and validated once.

A long document is parsed and validated each time: clients do not repeat it, and it would fill the cache.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from graphlib import CycleError
from typing import Any

from graphql import (
    ASTValidationRule,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    NoFragmentCyclesRule,
    NoSchemaIntrospectionCustomRule,
    OperationType,
    Source,
    validate,
)
from strawberry.extensions import SchemaExtension

from resolvers.context import Context
from resolvers.shared_threads import SharedThreads
from schema.execution.limits import Limits, limit_errors, page_sizes
from schema.execution.outline import Outline, outline_of
from schema.execution.parsing import parsed
from schema.execution.rules import MOST_ERRORS, RULES

MOST_TOKENS = 10_000  # enough for an invoice of 5,000 items whose ids are written into the document
LONGEST = 300_000  # characters, for as many items; what is no token takes time too: blanks and comments
MOST_LINES = 10_000  # each error looks for its line from the first one on
MOST_OPERATIONS = 50  # each is checked with all fragments and variables that it uses
MOST_CHARACTERS = 8_192  # of a cached document
MOST_DOCUMENTS = 512
MOST_CHARACTERS_OF_ALL = 250_000  # a long document is thousands of objects, which the collector looks at
MOST_SIZES = 64  # combinations of page sizes that one document is remembered to have asked for
SHORT = 500  # characters of a document that is checked at once; a longer one may take long, in a thread


@dataclass(frozen=True, slots=True)
class Rules:
    """What documents may do."""

    limits: Limits = field(default_factory=Limits)
    introspection: bool = True


class ParsedDocument:
    """A document, and what has been found out about it so far."""

    def __init__(self, schema: GraphQLSchema, rules: Rules, text: str) -> None:
        """Raises GraphQLSyntaxError."""
        if len(text) > LONGEST:
            raise _too_much(f"more than {LONGEST} characters: put values into variables")
        if text.count("\n") + text.count("\r") > MOST_LINES:
            raise _too_much(f"more than {MOST_LINES} lines")
        self.node = parsed(text, MOST_TOKENS)
        self.is_short = len(text) <= SHORT
        self.is_kept = len(text) <= MOST_CHARACTERS
        self._schema = schema
        self._rules = rules
        self._outline = _outline(self.node)
        if self._outline and len(self._outline.operations) > MOST_OPERATIONS:
            raise _too_much(f"more than {MOST_OPERATIONS} operations")
        self._validation_errors: Sequence[GraphQLError] | None = None
        self._limit_errors: dict[tuple[object, ...], list[GraphQLError]] = {}

    @property
    def is_quick(self) -> bool:
        """Whether `errors` takes so little that it need not be asked in a thread."""
        return self.is_short or (self.is_kept and self._validation_errors is not None)

    def name_of(self, asked: str | None) -> str | None:
        """The name of the operation that is executed: the first one's, where the request names none."""
        return (
            asked
            if asked is not None or self._outline is None
            else next(iter(self._outline.operations), None)
        )

    def kind_of(self, name: str | None) -> OperationType | None:
        """What the operation of this name (`name_of`) is; None if there is none."""
        operation = self._outline.operations.get(name) if self._outline else None
        return operation.operation if operation else None

    def errors(self, operation: str | None, variables: Mapping[str, Any]) -> Sequence[GraphQLError]:
        """Why the operation of this name (`name_of`) is not executed.

        Limits come first: a large document takes long to validate.
        """
        if self._outline is None:
            return self._validated([NoFragmentCyclesRule])
        if over := self._errors_of_limits(self._outline, operation, variables):
            return over
        if self._validation_errors is None:
            more = () if self._rules.introspection else (NoSchemaIntrospectionCustomRule,)
            self._validation_errors = self._validated((*RULES, *more))
        return self._validation_errors

    def _validated(self, rules: Collection[type[ASTValidationRule]]) -> Sequence[GraphQLError]:
        return validate(self._schema, self.node, rules, max_errors=MOST_ERRORS)

    def _errors_of_limits(
        self, outline: Outline, name: str | None, variables: Mapping[str, Any]
    ) -> list[GraphQLError]:
        operation = outline.operations.get(name)
        if operation is None:
            return []
        sizes = page_sizes(outline, operation, variables)
        key = (name, *sizes.values())
        found = self._limit_errors.get(key)
        if found is None:
            if len(self._limit_errors) >= MOST_SIZES:
                self._limit_errors.clear()
            found = limit_errors(self._schema, outline, operation, sizes, self._rules.limits)
            self._limit_errors[key] = found
        return found


def _too_much(has: str) -> GraphQLSyntaxError:
    return GraphQLSyntaxError(Source(""), 0, f"The document has {has}.")


def _outline(document: DocumentNode) -> Outline | None:
    """None where a fragment spreads itself."""
    try:
        return outline_of(document)
    except CycleError:
        return None


class DocumentCache:
    """The parsed documents of one schema, by their text. For an event loop's thread.

    A document that may take long is parsed and checked in a thread, one of an account at a time.
    """

    def __init__(self, schema: GraphQLSchema, rules: Rules) -> None:
        self._schema = schema
        self._rules = rules
        self._kept: OrderedDict[str, ParsedDocument] = OrderedDict()
        self._characters = 0  # of those that are kept
        self._threads = SharedThreads(2, 1, "documents")

    def known(self, text: str) -> ParsedDocument | None:
        """The document if it came lately, and was kept."""
        return self._kept.get(text)

    async def get(self, text: str, owner: str) -> ParsedDocument:
        """Raises GraphQLSyntaxError."""
        document = self._kept.get(text)
        if document is None:
            parse_text = partial(ParsedDocument, self._schema, self._rules, text)
            document = parse_text() if len(text) <= SHORT else await self._threads.run(owner, parse_text)
        if document.is_kept:
            self._keep(text, document)
        return document

    def _keep(self, text: str, document: ParsedDocument) -> None:
        if text not in self._kept:
            self._characters += len(text)
        self._kept[text] = document
        self._kept.move_to_end(text)
        while len(self._kept) > MOST_DOCUMENTS or self._characters > MOST_CHARACTERS_OF_ALL:
            oldest, _ = self._kept.popitem(last=False)
            self._characters -= len(oldest)

    async def errors(
        self, document: ParsedDocument, operation: str | None, variables: Mapping[str, Any], owner: str
    ) -> Sequence[GraphQLError]:
        """Why the operation is not executed."""
        check = partial(document.errors, operation, variables)
        return check() if document.is_quick else await self._threads.run(owner, check)


class CachedDocuments(SchemaExtension):
    """Takes documents from the cache. Strawberry's own caches hash the whole syntax tree of every request."""

    def __init__(self, cache: DocumentCache) -> None:
        self._cache = cache

    async def on_parse(self) -> AsyncIterator[None]:
        context = self.execution_context
        self._document = await self._cache.get(context.query or "", self._owner)
        context.graphql_document = self._document.node
        yield

    async def on_validate(self) -> AsyncIterator[None]:
        context = self.execution_context
        errors = await self._cache.errors(
            self._document, context.operation_name, context.variables or {}, self._owner
        )
        context.pre_execution_errors = list(errors)
        if isinstance(context.context, Context):
            context.context.operation = context.operation_name
        yield

    @property
    def _owner(self) -> str:
        """Who asks."""
        asked_by = self.execution_context.context
        return asked_by.holder if isinstance(asked_by, Context) else ""
