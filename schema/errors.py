"""A refusal keeps its sentence and gains a code; any other failure shows nothing but a request id."""

from __future__ import annotations

import re
from typing import Any

import structlog
from graphql import GraphQLError

from invoicing.errors import InvoicingError
from resolvers.context import Context

log = structlog.get_logger(__name__)


class Unforeseen(GraphQLError):
    """What was raised outside any field."""


def raised(failure: Exception) -> GraphQLError:
    return failure if isinstance(failure, GraphQLError) else Unforeseen(str(failure), original_error=failure)


def shown(error: GraphQLError, ctx: Context) -> GraphQLError:
    """The error as the caller may see it."""
    cause = error.original_error
    if isinstance(cause, InvoicingError):
        return _told(error, _extensions(cause), str(cause))
    is_ours = error.path is not None or isinstance(error, Unforeseen)
    if cause is None or not is_ours:  # the caller's document or values are wrong
        return _told(error, {**_misread(error), **(error.extensions or {})}, error.message)
    log.error("resolver failed", request_id=ctx.request_id, path=error.path, exc_info=cause)
    extensions = {"code": "INTERNAL_SERVER_ERROR", "request_id": ctx.request_id}
    return _told(error, extensions, f"Internal error; the log has it under the request id {ctx.request_id}.")


def _extensions(refusal: InvoicingError) -> dict[str, Any]:
    given: dict[str, Any] = {"field": refusal.field, "ids": list(refusal.ids)}
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


def _misread(error: GraphQLError) -> dict[str, Any]:
    if error.message.startswith("Syntax Error"):
        return {"code": "GRAPHQL_PARSE_FAILED"}
    value = _VALUE.match(error.message)
    if value is None:
        return {"code": "GRAPHQL_VALIDATION_FAILED"}
    field = _INDEX.sub(r".\1", value["path"] or value["name"]).lstrip(".")
    return {"code": "VALIDATION_ERROR", "field": field}


_VALUE = re.compile(r"Variable '\$(?P<name>\w+)' has invalid value(?: at \.?(?P<path>[\w.\[\]]+))?:")
_INDEX = re.compile(r"\[(\d+)\]")
