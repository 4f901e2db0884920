"""GraphQL over HTTP: Strawberry's view with our errors and a faster JSON."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

import orjson
import structlog
from cross_web import HTTPException
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData, process_result
from strawberry.http.base import BaseRequestProtocol
from strawberry.schema import BaseSchema
from strawberry.schema.exceptions import InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from invoicing.errors import DatabaseUnavailable, QueryTimeout, RateLimited, ServerOutdated, Unauthorized
from invoicing.texts import shortened_message
from resolvers.context import Context
from schema.codes import Code
from schema.execution.operations import AmbiguousDocument, is_ambiguous, is_subscription, may_only_read
from server.bodies import BodyTooLarge, json_in
from server.callers import WhileCallerWaits
from server.graphql.content_types import GRAPHQL, JSON, VARY, negotiate, read_body, response_type
from server.graphql.explorer import Explorer
from server.graphql.locality import is_local
from server.graphql.operations import Operations
from server.graphql.persisted import Asked, DocumentRefused
from server.graphql.sse import accepts_only_events

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

_QUESTION = frozenset(("query", "documentId", "extensions"))
"""Parameters of a GET of which one says what is asked."""
_SENT = {
    "query": str | None,
    "variables": dict | None,
    "operationName": str | None,
    "extensions": dict | None,
}
"""The parts of a body."""
_HEADERS = {
    media: [
        (name.encode(), value.encode())
        for name, value in Response(headers=VARY, media_type=media).headers.items()
        if name != "content-length"
    ]
    for media in (JSON, GRAPHQL)
}
"""Of answers in each media type, but their length."""
_UNUSED = Response()
"""Strawberry hands responses around to which headers may be added: nobody adds any."""
_UNAVAILABLE = frozenset((DatabaseUnavailable.code, ServerOutdated.code))

log = structlog.get_logger(__name__)


class GraphQLView(Operations):
    """POST executes an operation; GET in a browser opens the explorer, which needs no key itself."""

    def __init__(self, schema: BaseSchema, *, explorer: Explorer, **options: Any) -> None:
        super().__init__(schema, **options)
        self.explorer = explorer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self.run(WebSocket(scope, receive, send))
            return
        request = Request(scope, receive)
        try:
            response = await self._respond(request)
        except Unauthorized as refusal:
            response = _error_response(request, 401, str(refusal))
            response.headers["www-authenticate"] = "Bearer"
        except RateLimited as refusal:
            response = _error_response(request, 429, str(refusal), **refusal.more)
        except (DatabaseUnavailable, QueryTimeout) as refusal:  # who asks could not be found out
            response = _error_response(request, 503, str(refusal), code=refusal.code)
            response.headers["retry-after"] = str(refusal.retry_after)
        except MethodNotAllowed as refusal:
            response = _error_response(request, 405, refusal.reason)
            response.headers["allow"] = refusal.allowed
        except BodyTooLarge as refusal:
            response = _error_response(request, 413, str(refusal))
        except DocumentRefused as refusal:
            status = 200 if negotiate(request.headers.get("accept", "")) == JSON else 400
            response = _error_response(request, status, refusal.reason, code=refusal.code)
        except HTTPException as refusal:
            response = _error_response(request, refusal.status_code, refusal.reason)
        except ClientDisconnect:
            return
        except Exception as failure:
            request_id = scope["state"]["request_id"]
            log.error("request failed", request_id=request_id, exc_info=failure)
            message = f"Internal error; the log has it under the request id {request_id}."
            response = _error_response(request, 500, message, request_id=request_id)
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        if _is_browser(request):
            return await run_in_threadpool(self.explorer.page, is_local=is_local(request))
        if request.method not in ("GET", "POST"):
            raise MethodNotAllowed("GET, POST", "An operation comes by POST, a query also by GET.")
        only_events = accepts_only_events(request.headers.get("accept", ""))
        request.scope["state"]["media"] = JSON if only_events else response_type(request)
        if request.method == "POST":
            await read_body(request)
            if not only_events:
                return await self._run_posted(request)
        return await self.run(request)

    async def _run_posted(self, request: Request) -> Response:
        """What `run` does with an operation that has one result, in less time. It does all else."""
        media = request.scope["state"]["media"]
        context: Context = await self.get_context(request, _UNUSED)
        sent = self._asked_for(request._body, context)
        if sent is None or is_subscription(sent.query, sent.operation_name):
            return await self.run(request, context=context)
        result = await self.execute_single(
            request=request,
            request_adapter=self.request_adapter_class(request),
            request_data=sent,
            context=context,
            root_value=None,
            sub_response=_UNUSED,
        )
        if not result.errors:
            return _Answer(result.data, media)
        return _json_response(await self.process_result(request, result), media)

    def _asked_for(self, body: bytes, context: Context) -> GraphQLRequestData | None:
        """None if something in the body is not as it should be: Strawberry says what."""
        try:
            sent = self.decode_json(body)
        except ValueError:
            return None
        if not all(isinstance(sent.get(name), kind) for name, kind in _SENT.items()):
            return None
        asked = Asked.of(sent.get("query"), sent.get("documentId"), sent.get("extensions"))
        text = self.documents.text(asked, context.holder)
        return GraphQLRequestData(
            text, sent.get("variables"), sent.get("operationName"), sent.get("extensions")
        )

    async def execute_single(self, *args: Any, **kwargs: Any) -> ExecutionResult:
        sent: GraphQLRequestData = kwargs["request_data"]
        if is_ambiguous(sent.query, sent.operation_name):
            raise HTTPException(400, str(AmbiguousDocument()))
        request: Request = kwargs["request"]
        context: Context = kwargs["context"]
        is_read = may_only_read(sent.query)
        try:
            with WhileCallerWaits(request.receive) if is_read else nullcontext():
                result = await super().execute_single(*args, **kwargs)
        except HTTPException as refusal:
            cause = refusal.__cause__
            if not isinstance(cause, InvalidOperationTypeError):
                raise
            if cause.operation_type is OperationType.SUBSCRIPTION:
                raise HTTPException(406, "Subscribe by WebSocket, or accept text/event-stream.") from refusal
            raise MethodNotAllowed("POST", "Send a mutation by POST.") from refusal
        request.scope["state"]["operation"] = context.operation
        return result

    def should_render_graphql_ide(self, request: BaseRequestProtocol) -> bool:
        return False  # our explorer is served before Strawberry asks this

    def encode_json(self, data: object) -> bytes:
        return orjson.dumps(data)

    def decode_json(self, data: str | bytes) -> Any:
        return json_in(data.encode() if isinstance(data, str) else data)

    async def get_sub_response(self, request: Request | WebSocket) -> Response:
        return Response(media_type=request.scope["state"]["media"])

    async def process_result(self, request: Request, result: ExecutionResult) -> GraphQLHTTPResponse:
        processed = process_result(result)
        if result.errors:
            request.scope["state"]["code"] = (result.errors[0].extensions or {}).get("code")
        if result.data is None and all(error.path is None for error in result.errors or ()):
            del processed["data"]  # nothing was executed
        return processed

    def create_response(
        self, response_data: GraphQLHTTPResponse | list[GraphQLHTTPResponse], sub_response: Response
    ) -> Response:
        return _json_response(response_data, sub_response.media_type)


class _Answer(Response):
    """One without errors. Its headers are written once, for all."""

    def __init__(self, data: object, media: str) -> None:
        self.status_code = 200
        self.background = None
        self.body = orjson.dumps({"data": data})
        self.raw_headers = [(b"content-length", b"%d" % len(self.body)), *_HEADERS[media]]


class MethodNotAllowed(HTTPException):
    def __init__(self, allowed: str, reason: str) -> None:
        super().__init__(405, reason)
        self.allowed = allowed


def _json_response(
    response_data: GraphQLHTTPResponse | list[GraphQLHTTPResponse], media: str | None
) -> Response:
    content = orjson.dumps(response_data)
    if isinstance(response_data, dict) and _is_unavailable(response_data):
        headers = {**VARY, "retry-after": str(DatabaseUnavailable.retry_after)}
        return Response(content, 503, headers, media_type=media)
    status = 400 if media == GRAPHQL and "data" not in response_data else 200
    return Response(content, status, VARY, media_type=media)


def _is_browser(request: Request) -> bool:
    if request.method != "GET":
        return False
    asks = not _QUESTION.isdisjoint(request.query_params)
    return "text/html" in request.headers.get("accept", "") and not asks


def _is_unavailable(answer: Mapping[str, Any]) -> bool:
    """Whether the database could not be used for any of it. If a part was done, the answer is a 200."""
    codes = {error.get("extensions", {}).get("code") for error in answer.get("errors") or ()}
    is_empty = all(value is None for value in (answer.get("data") or {}).values())
    return is_empty and not codes.isdisjoint(_UNAVAILABLE)


def _error_response(request: Request, status: int, message: str, **more: object) -> Response:
    code = request.scope["state"]["code"] = more.pop("code", _CODES.get(status, Code.BAD_REQUEST))
    body = {"errors": [{"message": shortened_message(message), "extensions": {"code": code, **more}}]}
    media = negotiate(request.headers.get("accept", "")) or JSON
    return Response(orjson.dumps(body), status, VARY, media_type=media)
