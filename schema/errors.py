"""A refusal keeps its sentence and gains a code; any other failure shows nothing but a request id."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import structlog
from graphql import GraphQLError
from strawberry.extensions import SchemaExtension

from invoicing.errors import InvoicingError
from resolvers.context import Context

log = structlog.get_logger(__name__)


class ShowRefusals(SchemaExtension):
    def on_operation(self) -> Iterator[None]:
        yield
        result = self.execution_context.result
        if result is not None and result.errors:
            result.errors = [_shown(error, self.execution_context.context) for error in result.errors]


def _shown(error: GraphQLError, ctx: Context) -> GraphQLError:
    cause = error.original_error
    if isinstance(cause, InvoicingError):
        return _told(error, _extensions(cause), str(cause))
    if cause is None or _is_coercion(error):
        return _told(error, {"code": _code(error), **(error.extensions or {})}, error.message)
    log.error("resolver failed", request_id=ctx.request_id, path=error.path, exc_info=cause)
    extensions = {"code": "INTERNAL_SERVER_ERROR", "request_id": ctx.request_id}
    return _told(error, extensions, f"Internal error; the log has it under the request id {ctx.request_id}.")


def _extensions(refusal: InvoicingError) -> dict[str, Any]:
    given = {"field": refusal.field, "ids": list(refusal.ids)}
    return {"code": refusal.code, **{name: value for name, value in given.items() if value}}


def _told(error: GraphQLError, extensions: dict[str, Any], message: str) -> GraphQLError:
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=extensions,
    )


def _is_coercion(error: GraphQLError) -> bool:
    """A value of the caller's that a scalar refused: before anything ran, so without a path."""
    return error.path is None


def _code(error: GraphQLError) -> str:
    if error.path is not None:
        return "INTERNAL_SERVER_ERROR"
    if error.message.startswith("Syntax Error"):
        return "GRAPHQL_PARSE_FAILED"
    return "BAD_USER_INPUT" if error.message.startswith("Variable ") else "GRAPHQL_VALIDATION_FAILED"
