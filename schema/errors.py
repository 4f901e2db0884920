"""Errors as callers see them: a refusal has its sentence and a code, a failure only the request id."""

from __future__ import annotations

import re
from typing import Any

from graphql import GraphQLError

from invoicing.errors import InvoicingError, ValidationError
from invoicing.texts import LONGEST_ID, shortened, shortened_message
from resolvers.context import Context
from schema.codes import Code
from schema.failures import log_failure


class UnexpectedError(GraphQLError):
    """What was raised outside any field."""


def as_graphql_error(failure: Exception) -> GraphQLError:
    if isinstance(failure, GraphQLError):
        return failure
    return UnexpectedError(str(failure), original_error=failure)


def visible_error(error: GraphQLError, ctx: Context) -> GraphQLError:
    """The error as the caller may see it."""
    cause = error.original_error
    if isinstance(cause, InvoicingError):
        return _replaced(error, _refusal_extensions(cause), str(cause))
    is_raised_by_us = error.path is not None or isinstance(error, UnexpectedError)
    is_argument = isinstance(cause, GraphQLError) and _WRONG_ARGUMENT.match(error.message) is not None
    if cause is None or not is_raised_by_us or is_argument:  # the caller's document or variables are wrong
        extensions = {**_document_extensions(error), **(error.extensions or {})}
        return _replaced(error, extensions, shortened_message(error.message))
    extensions = {"code": Code.INTERNAL_SERVER_ERROR, "request_id": ctx.request_id}
    return _replaced(error, extensions, log_failure(cause, ctx, error.path))


def _refusal_extensions(refusal: InvoicingError) -> dict[str, Any]:
    details: dict[str, Any] = {"field": refusal.field, "ids": list(refusal.ids), **refusal.more}
    return {"code": refusal.code, **{name: value for name, value in details.items() if value}}


def _replaced(error: GraphQLError, extensions: dict[str, Any], message: str) -> GraphQLError:
    """The error with other extensions and another message."""
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=extensions,
    )


def _document_extensions(error: GraphQLError) -> dict[str, Any]:
    """The code of an error in the caller's document or variables, and the field if it is in a variable."""
    if error.message.startswith("Syntax Error"):
        return {"code": Code.GRAPHQL_PARSE_FAILED}
    value = _WRONG_VALUE.match(error.message) or _WRONG_ARGUMENT.match(error.message)
    if value is None:
        return {"code": Code.GRAPHQL_VALIDATION_FAILED}
    field = _INDEX.sub(r".\1", value["path"] or value["name"]).lstrip(".")
    return {"code": ValidationError.code, "field": shortened(field, LONGEST_ID)}


_WRONG_VALUE = re.compile(r"Variable '\$(?P<name>\w+)' has invalid value(?: at \.?(?P<path>[\w.\[\]]+))?:")
_WRONG_ARGUMENT = re.compile(r"Argument '(?P<name>\w+)' has invalid value(?: at \.?(?P<path>[\w.\[\]]+))?:")
"""What only shows when a field is executed: a variable with a default, which may be null, is sent as null."""
_INDEX = re.compile(r"\[(\d+)\]")
