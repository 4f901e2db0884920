"""What every front door of plain HTTP needs: routes, JSON bodies, and refusals in the door's own words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import nullcontext
from typing import Any

import orjson
import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from invoicing.errors import InvoicingError
from server import bodies
from server.bodies import json_in, media_type, read_bytes
from server.callers import CLIENT_GONE, WhileCallerWaits
from server.contexts import request_id

Endpoint = Callable[[Request], Awaitable[Response]]
RefusalResponse = Callable[[Request, InvoicingError], Response]
"""Puts a refusal into the front door's own words. It has to have some for every class."""

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


async def read_json_object(request: Request, *, may_be_empty: bool = False) -> dict[str, Any]:
    """The body, which has to be a JSON object. With `may_be_empty`, no body counts as an empty object."""
    try:
        content = await read_bytes(request.receive)
    except bodies.BodyTooLarge as refusal:
        raise BodyTooLarge(str(refusal)) from refusal
    if may_be_empty and not content.strip():
        return {}
    if media_type(request) != "application/json":
        raise UnsupportedMediaType
    try:
        value = json_in(content)
    except bodies.BodyTooLarge as refusal:
        raise BodyTooLarge(str(refusal)) from refusal
    except orjson.JSONDecodeError as mistake:
        raise MalformedBody(f"The body is no JSON: {mistake}.") from mistake
    if not isinstance(value, dict):
        raise MalformedBody
    return value


def json_response(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(orjson.dumps(content), status, headers, "application/json")


def route(path: str, refusal_response: RefusalResponse, **endpoints: Endpoint) -> Route:
    """A path with an endpoint for each method (`get=`, `post=` …). Whatever they raise becomes a refusal."""
    by_method = {method.upper(): endpoint for method, endpoint in endpoints.items()}
    if "GET" in by_method:
        by_method["HEAD"] = by_method["GET"]

    async def respond(request: Request) -> Response:
        endpoint = by_method.get(request.method)
        if endpoint is None:
            response = refusal_response(request, MethodNotAllowed())
            response.headers["allow"] = ", ".join(sorted(by_method))
            return response
        is_read = request.method in ("GET", "HEAD")
        try:
            with WhileCallerWaits(request.receive) if is_read else nullcontext():
                return await endpoint(request)
        except InvoicingError as refusal:
            response = refusal_response(request, refusal)
            if refusal.retry_after is not None:
                response.headers["retry-after"] = str(refusal.retry_after)
            return response
        except ClientDisconnect:
            return Response(status_code=CLIENT_GONE)
        except Exception as failure:
            log.error("request failed", request_id=request_id(request.scope), exc_info=failure)
            return refusal_response(request, InternalError())

    return _any_method_route(path, respond)


def unknown_path(path: str, refusal_response: RefusalResponse) -> Route:
    """Refuses, in the door's own words, whatever other paths come under this one."""

    async def refuse(request: Request) -> Response:
        return refusal_response(request, UnknownPath())

    return _any_method_route(path, refuse)


def _any_method_route(path: str, endpoint: Endpoint) -> Route:
    """A route that gets every method. Starlette would refuse some itself, in words of its own."""
    made = Route(path, endpoint)
    made.methods = None
    return made
