"""What is answered to a request that is not executed: a status, and an error with a code."""

from __future__ import annotations

import orjson
import structlog
from cross_web import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from invoicing.errors import DatabaseUnavailable, QueryTimeout, RateLimited, Unauthorized
from invoicing.texts import shortened_message
from schema.codes import Code
from server.bodies import BodyTooLarge
from server.graphql.content_types import JSON, VARY, accepted_by, negotiate
from server.graphql.persisted import DocumentRefused

_CODES = {
    400: Code.BAD_REQUEST,
    401: Unauthorized.code,
    405: Code.METHOD_NOT_ALLOWED,
    406: Code.NOT_ACCEPTABLE,
    413: Code.BODY_TOO_LARGE,
    429: RateLimited.code,
    415: Code.UNSUPPORTED_MEDIA_TYPE,
    500: Code.INTERNAL_SERVER_ERROR,
}

log = structlog.get_logger(__name__)


class MethodNotAllowed(HTTPException):
    def __init__(self, allowed: str, reason: str) -> None:
        super().__init__(405, reason)
        self.allowed = allowed


def refusal_of(request: Request, failure: Exception) -> Response:
    """The answer to a request that failed with this."""
    match failure:
        case Unauthorized():
            response = _error(request, 401, str(failure))
            response.headers["www-authenticate"] = "Bearer"
        case RateLimited():
            response = _error(request, 429, str(failure), **failure.more)
        case DatabaseUnavailable() | QueryTimeout():  # who asks could not be found out
            response = _error(request, 503, str(failure), code=failure.code)
            response.headers["retry-after"] = str(failure.retry_after)
        case MethodNotAllowed():
            response = _error(request, 405, failure.reason)
            response.headers["allow"] = failure.allowed
        case BodyTooLarge():
            response = _error(request, 413, str(failure))
        case DocumentRefused():
            status = 200 if negotiate(accepted_by(request)) == JSON else 400
            response = _error(request, status, failure.reason, code=failure.code)
        case HTTPException():
            response = _error(request, failure.status_code, failure.reason)
        case _:
            response = _internal_error(request, failure)
    return response


def _internal_error(request: Request, failure: Exception) -> Response:
    request_id = request.scope["state"]["request_id"]
    log.error("request failed", request_id=request_id, exc_info=failure)
    message = f"Internal error; the log has it under the request id {request_id}."
    return _error(request, 500, message, request_id=request_id)


def _error(request: Request, status: int, message: str, **more: object) -> Response:
    code = request.scope["state"]["code"] = more.pop("code", _CODES.get(status, Code.BAD_REQUEST))
    body = {"errors": [{"message": shortened_message(message), "extensions": {"code": code, **more}}]}
    media = negotiate(accepted_by(request)) or JSON
    return Response(orjson.dumps(body), status, VARY, media_type=media)
