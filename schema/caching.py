"""A document is parsed and validated once; a long one, which clients do not repeat, each time it comes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from graphql import DocumentNode, GraphQLError, GraphQLSchema, parse, validate
from strawberry.extensions import SchemaExtension

MOST_TOKENS = 10_000  # room for an invoice of 5,000 items whose ids are written into the document
LONGEST = 8_192  # characters: a cache of 512 such documents stays within a few dozen megabytes
REMEMBERED = 512

Read = tuple[DocumentNode, Sequence[GraphQLError]]


class ReadOnce(SchemaExtension):
    """By the document's text: Strawberry's own caches hash the whole syntax tree for every request."""

    def on_parse(self) -> Iterator[None]:
        context = self.execution_context
        document = context.query or ""
        read = _remembered if len(document) <= LONGEST else _read
        context.graphql_document, self._errors = read(context.schema._schema, document)
        yield

    def on_validate(self) -> Iterator[None]:
        self.execution_context.pre_execution_errors = list(self._errors)
        yield


def _read(schema: GraphQLSchema, document: str) -> Read:
    parsed = parse(document, max_tokens=MOST_TOKENS)
    return parsed, validate(schema, parsed)


_remembered = lru_cache(REMEMBERED)(_read)
