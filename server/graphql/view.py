"""GraphQL over HTTP: Strawberry's view with our errors and a faster JSON."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
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
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from invoicing.errors import DatabaseUnavailable, ServerOutdated
from resolvers.context import Context
from schema.execution.operations import AmbiguousDocument, is_ambiguous, may_only_read
from server.bodies import json_in, read_bytes
from server.callers import WhileCallerWaits
from server.graphql.content_types import (
    GRAPHQL,
    JSON,
    VARY,
    accepted_by,
    check_body,
    read_body,
    response_type,
)
from server.graphql.explorer import Explorer, is_browser
from server.graphql.locality import is_local
from server.graphql.operations import Operations
from server.graphql.posts import asked_in, head_of
from server.graphql.refusals import MethodNotAllowed, refusal_of
from server.graphql.sse import accepts_only_events

_HEADERS = {
    media: [
        (name.encode(), value.encode())
        for name, value in Response(headers=VARY, media_type=media).headers.items()
        if name != "content-length"
    ]
    for media in (JSON, GRAPHQL)
}
"""Of answers in each media type, but their length."""
_NOTHING = nullcontext()
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
        try:
            response = await self._answer(scope, receive)
        except ClientDisconnect:
            return
        except Exception as failure:
            response = refusal_of(Request(scope, receive), failure)
        await response(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        """Nearly every request is a POST of JSON that wants one answer. `_respond` does all else."""
        head = head_of(scope)
        if head is None:
            return await self._respond(Request(scope, receive))
        check_body(body := await read_bytes(receive))
        context = await self.contexts.for_token(scope, head.token)
        scope["state"]["media"] = head.media
        sent = asked_in(body, self.documents, context.holder)
        if sent is None:
            request = Request(scope, receive)
            request._body = body
            return await self.run(request, context=context)
        try:
            with _while_wanted(sent.query, receive):
                result = await self.schema.execute(
                    sent.query,
                    variable_values=sent.variables,
                    context_value=context,
                    operation_name=sent.operation_name,
                    operation_extensions=sent.extensions,
                )
        except CannotGetOperationTypeError as unknown:
            raise HTTPException(400, unknown.as_http_error_reason()) from unknown
        scope["state"]["operation"] = context.operation
        if not result.errors:
            return _Answer(result.data, head.media)
        return _json_response(await self.process_result(Request(scope), result), head.media)

    async def _respond(self, request: Request) -> Response:
        if is_browser(request):
            return await run_in_threadpool(self.explorer.page, is_local=is_local(request))
        if request.method not in ("GET", "POST"):
            raise MethodNotAllowed("GET, POST", "An operation comes by POST, a query also by GET.")
        only_events = accepts_only_events(accepted_by(request))
        request.scope["state"]["media"] = JSON if only_events else response_type(request)
        if request.method == "POST":
            await read_body(request)
        return await self.run(request)

    async def execute_single(self, *args: Any, **kwargs: Any) -> ExecutionResult:
        sent: GraphQLRequestData = kwargs["request_data"]
        if is_ambiguous(sent.query, sent.operation_name):
            raise HTTPException(400, str(AmbiguousDocument()))
        request: Request = kwargs["request"]
        context: Context = kwargs["context"]
        try:
            with _while_wanted(sent.query, request.receive):
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


def _json_response(
    response_data: GraphQLHTTPResponse | list[GraphQLHTTPResponse], media: str | None
) -> Response:
    content = orjson.dumps(response_data)
    if isinstance(response_data, dict) and _is_unavailable(response_data):
        headers = {**VARY, "retry-after": str(DatabaseUnavailable.retry_after)}
        return Response(content, 503, headers, media_type=media)
    status = 400 if media == GRAPHQL and "data" not in response_data else 200
    return Response(content, status, VARY, media_type=media)


def _while_wanted(query: str | None, receive: Receive) -> AbstractContextManager[None]:
    """Around an execution: one that only reads ends when its caller goes."""
    return WhileCallerWaits(receive) if may_only_read(query) else _NOTHING


def _is_unavailable(answer: Mapping[str, Any]) -> bool:
    """Whether the database could not be used for any of it. If a part was done, the answer is a 200."""
    codes = {error.get("extensions", {}).get("code") for error in answer.get("errors") or ()}
    is_empty = all(value is None for value in (answer.get("data") or {}).values())
    return is_empty and not codes.isdisjoint(_UNAVAILABLE)
