"""The public GraphQL API. `schema.graphql` is this, printed."""

from __future__ import annotations

from typing import Any

import strawberry
from graphql import GraphQLError, GraphQLSchema
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext, ExecutionResult

from schema.caching import ReadOnce
from schema.errors import shown
from schema.execution import PLAIN, PlainFields, plain_fields
from schema.mutation import Mutation
from schema.query import Query
from schema.scalars import SCALARS


class Schema(strawberry.Schema):
    @property
    def graphql_schema(self) -> GraphQLSchema:
        """graphql-core's own view of it."""
        return self._schema

    async def execute(self, *args: Any, **kwargs: Any) -> ExecutionResult:
        result = await super().execute(*args, **kwargs)
        if result.errors:
            result.errors = [shown(error, kwargs["context_value"]) for error in result.errors]
        return result

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Strawberry would log every refusal with its traceback; `shown` logs what is worth it."""


schema = Schema(
    query=Query,
    mutation=Mutation,
    execution_context_class=PlainFields,
    config=StrawberryConfig(auto_camel_case=False, scalar_map=SCALARS),
    extensions=[ReadOnce],
)
PLAIN.update(plain_fields(schema.graphql_schema))


def sdl() -> str:
    """The schema in GraphQL's own language, as `schema.graphql` holds it."""
    return schema.as_str() + "\n"
