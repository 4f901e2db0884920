"""The public GraphQL API. `schema.graphql` is this, printed."""

from __future__ import annotations

import re
from copy import copy
from functools import lru_cache, partial
from typing import Any

import strawberry
from graphql import GraphQLError, GraphQLSchema
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext, ExecutionResult

from schema.caching import Readings, ReadOnce, Rules
from schema.errors import shown
from schema.execution import PLAIN, PlainFields, plain_fields
from schema.mutation import Mutation
from schema.query import Query
from schema.scalars import SCALARS

_SUGGESTION = re.compile(r" Did you mean [^?]*\?")


class Schema(strawberry.Schema):
    rules: Rules

    @property
    def graphql_schema(self) -> GraphQLSchema:
        """graphql-core's own view of it."""
        return self._schema

    async def execute(self, *args: Any, **kwargs: Any) -> ExecutionResult:
        result = await super().execute(*args, **kwargs)
        if result.errors:
            result.errors = [shown(error, kwargs["context_value"]) for error in result.errors]
        if result.errors and not self.rules.introspection:
            for error in result.errors:
                error.message = _SUGGESTION.sub("", error.message)
        return result

    def under(self, rules: Rules) -> Schema:
        """The same schema for documents that keep to these rules."""
        ruled = copy(self)
        ruled.rules = rules
        ruled.extensions = (partial(ReadOnce, Readings(self.graphql_schema, rules)),)
        return ruled

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Strawberry would log every refusal with its traceback; `shown` logs what is worth it."""


_unruled = Schema(
    query=Query,
    mutation=Mutation,
    execution_context_class=PlainFields,
    config=StrawberryConfig(auto_camel_case=False, scalar_map=SCALARS),
)
PLAIN.update(plain_fields(_unruled.graphql_schema))


@lru_cache
def ruled(rules: Rules) -> Schema:
    """The schema under these rules; what it has read is remembered with it."""
    return _unruled.under(rules)


schema = ruled(Rules())


def sdl() -> str:
    """The schema in GraphQL's own language, as `schema.graphql` holds it."""
    return schema.as_str() + "\n"
