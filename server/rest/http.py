"""What every front door of plain HTTP needs: who asks, a JSON body, refusals in the door's own words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import orjson
import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from invoicing.errors import InvoicingError
from server import bodies
from server.bodies import media_type, read_bytes
from server.contexts import request_id

Answer = Callable[[Request], Awaitable[Response]]
Refused = Callable[[Request, InvoicingError], Response]
"""A front door's own words for a refusal; it has to have some for every class."""

log = structlog.get_logger(__name__)


class MalformedBody(InvoicingError):
    """The body must be a JSON object."""


class UnsupportedMediaType(InvoicingError):
    """Send the body as application/json."""


class BodyTooLarge(InvoicingError):
    """The body is too large."""


class UnknownPath(InvoicingError):
    """There is nothing at this path."""


class MethodNotAllowed(InvoicingError):
    """This path does not answer to this method."""


class InternalError(InvoicingError):
    """Our fault: the log has it under the request's id."""


async def json_object(request: Request, *, or_nothing: bool = False) -> dict[str, Any]:
    """The body, a JSON object of no more bytes than GraphQL takes; `or_nothing`: no body is an empty one."""
    try:
        given = await read_bytes(request)
    except bodies.BodyTooLarge as refusal:
        raise BodyTooLarge(str(refusal)) from refusal
    if or_nothing and not given.strip():
        return {}
    if media_type(request) != "application/json":
        raise UnsupportedMediaType
    return _object(given)


def json_response(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(orjson.dumps(content), status, headers, "application/json")


def route(path: str, refused: Refused, **answers: Answer) -> Route:
    """A path with an answer to each method (`get=`, `post=` …). Whatever is raised becomes a refusal."""
    by_method = {method.upper(): answer for method, answer in answers.items()}
    if "GET" in by_method:
        by_method["HEAD"] = by_method["GET"]

    async def answered(request: Request) -> Response:
        answer = by_method.get(request.method)
        if answer is None:
            response = refused(request, MethodNotAllowed())
            response.headers["allow"] = ", ".join(sorted(by_method))
            return response
        try:
            return await answer(request)
        except InvoicingError as refusal:
            return refused(request, refusal)
        except Exception as failure:
            log.error("request failed", request_id=request_id(request), exc_info=failure)
            return refused(request, InternalError())

    return _of_any_method(path, answered)


def unknown(path: str, refused: Refused) -> Route:
    """Whatever else there might be under a path is refused in the door's own words."""

    async def nothing(request: Request) -> Response:
        return refused(request, UnknownPath())

    return _of_any_method(path, nothing)


def _of_any_method(path: str, answer: Answer) -> Route:
    """Starlette would refuse the methods that a route is not made for itself, in words that are no door's."""
    route = Route(path, answer)
    route.methods = None
    return route


def _object(given: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(given)
    except orjson.JSONDecodeError as mistake:
        raise MalformedBody(f"The body is no JSON: {mistake}.") from mistake
    if not isinstance(value, dict):
        raise MalformedBody
    return value
