"""GraphQL over HTTP: Strawberry's view with our principal, our errors and a faster JSON."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import orjson
import structlog
from cross_web import HTTPException
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData, process_result
from strawberry.http.base import BaseRequestProtocol
from strawberry.schema import BaseSchema
from strawberry.schema.exceptions import InvalidOperationTypeError
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType
from strawberry.types.unset import UnsetType

from documents.links import Links
from invoicing.database import Database
from invoicing.errors import Unauthorized
from resolvers.context import Context
from resolvers.gateways import Gateways
from resolvers.hosts import Hosts
from resolvers.watches import Watches
from schema.operations import AmbiguousDocument, has_several, is_subscription
from server import streams
from server.auth import Authenticator, bearer, token_in
from server.explorer import Explorer
from server.media import GRAPHQL, JSON, answer_type, negotiated, read_body
from server.sockets import STRANGER, Connected, Socket, TextSocket

_CODES = {
    400: "BAD_REQUEST",
    401: "UNAUTHORIZED",
    405: "METHOD_NOT_ALLOWED",
    406: "NOT_ACCEPTABLE",
    413: "BODY_TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
    500: "INTERNAL_SERVER_ERROR",
}

_VARY = {"vary": "accept"}

INIT_PATIENCE = timedelta(seconds=10)  # until a connection says who it is

log = structlog.get_logger(__name__)


class GraphQLView(GraphQL[Context, None]):
    """POST runs an operation; GET in a browser opens the explorer, which needs no key itself.

    Subscriptions come over a WebSocket, or as server-sent events until the watches end.
    """

    websocket_adapter_class = TextSocket
    graphql_transport_ws_handler_class = Socket

    def __init__(
        self,
        schema: BaseSchema,
        *,
        database: Database,
        links: Links,
        gateways: Gateways,
        hosts: Hosts,
        authenticator: Authenticator,
        explorer: Explorer,
        watches: Watches,
        origins: Sequence[str] = (),
    ) -> None:
        super().__init__(
            schema,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL),
            connection_init_wait_timeout=INIT_PATIENCE,
            allowed_origins=origins,
        )
        self.database = database
        self.links = links
        self.gateways = gateways
        self.hosts = hosts
        self.authenticator = authenticator
        self.explorer = explorer
        self.watches = watches

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self.run(WebSocket(scope, receive, send))
            return
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except Unauthorized as refusal:
            response = _error(request, 401, str(refusal))
            response.headers["www-authenticate"] = "Bearer"
        except MethodNotAllowed as refusal:
            response = _error(request, 405, refusal.reason)
            response.headers["allow"] = refusal.allowed
        except HTTPException as refusal:
            response = _error(request, refusal.status_code, refusal.reason)
        except ClientDisconnect:
            return
        except Exception as failure:
            request_id = scope["state"]["request_id"]
            log.error("request failed", request_id=request_id, exc_info=failure)
            message = f"Internal error; the log has it under the request id {request_id}."
            response = _error(request, 500, message, request_id=request_id)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if _is_browser(request):
            return await run_in_threadpool(self.explorer.page)
        if request.method not in ("GET", "POST"):
            raise MethodNotAllowed("GET, POST", "An operation comes by POST, a query also by GET.")
        is_stream = streams.are_all_that_is_taken(request.headers.get("accept", ""))
        request.scope["state"]["media"] = JSON if is_stream else answer_type(request)
        if request.method == "POST":
            await read_body(request)
        return await self.run(request)

    async def execute_single(self, *args: Any, **kwargs: Any) -> ExecutionResult:
        asked: GraphQLRequestData = kwargs["request_data"]
        if has_several(asked.query, asked.operation_name):
            raise HTTPException(400, str(AmbiguousDocument()))
        request: Request = kwargs["request"]
        context: Context = kwargs["context"]
        try:
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

    async def parse_http_body(self, request: Any) -> Any:
        """What could be answered as JSON is, unless it goes on."""
        asked: Any = await super().parse_http_body(request)
        if asked.protocol == "http" or negotiated(request.headers.get("accept", "")) is None:
            return asked
        goes_on = is_subscription(asked.query, asked.operation_name)
        return asked if goes_on else replace(asked, protocol="http")

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        make: Callable[..., Context] = partial(
            Connected if request.scope["type"] == "websocket" else Context,
            database=self.database,
            links=self.links,
            gateways=self.gateways,
            request_id=request.scope["state"]["request_id"],
            forget_keys=self._forget_keys,
            hosts=self.hosts,
            watches=self.watches,
        )
        if request.scope["type"] == "websocket":
            return make(STRANGER, handshake=request.headers.get("authorization", ""))
        admitted = partial(self.authenticator.principal_of, bearer(request))
        return make(await admitted(), admitted=admitted)

    def _forget_keys(self) -> None:
        """Those who follow something by a key that has ended find out now."""
        self.authenticator.forget()
        self.watches.tell_all()

    async def execute_operation(self, *args: Any, **kwargs: Any) -> Any:
        asked, request = kwargs["request_data"], kwargs["request"]
        if asked.protocol != "http":
            request.scope["state"]["operation"] = asked.operation_name
        return await super().execute_operation(*args, **kwargs)

    async def on_ws_connect(self, context: Context) -> UnsetType:
        """Lets the connection in. Whether its key still holds is asked again with each operation."""
        if not isinstance(context, Connected):
            raise TypeError("Only connections are let in.")
        try:
            context.admitted = partial(self.authenticator.principal_of, token_in(context.authorization()))
            await context.renew()
        except Unauthorized as refusal:
            raise ConnectionRejectionError from refusal
        return UnsetType()

    def should_render_graphql_ide(self, request: BaseRequestProtocol) -> bool:
        return False  # ours is served before this is asked

    def encode_json(self, data: object) -> bytes:
        return orjson.dumps(data)

    def decode_json(self, data: str | bytes) -> Any:
        return orjson.loads(data)

    async def get_sub_response(self, request: Request | WebSocket) -> Response:
        return Response(media_type=request.scope["state"]["media"])

    async def process_result(self, request: Request, result: ExecutionResult) -> GraphQLHTTPResponse:
        shown = process_result(result)
        if result.errors:
            request.scope["state"]["code"] = (result.errors[0].extensions or {}).get("code")
        if result.data is None and all(error.path is None for error in result.errors or ()):
            del shown["data"]  # nothing was executed
        return shown

    async def create_streaming_response(
        self,
        request: Request | WebSocket,
        stream: Callable[[], AsyncIterator[str]],
        sub_response: Response,
        headers: Mapping[str, str],
    ) -> Response:
        return streams.Events(streams.until(self.watches.ending, stream()), headers={**headers, **_VARY})

    def create_response(
        self, response_data: GraphQLHTTPResponse | list[GraphQLHTTPResponse], sub_response: Response
    ) -> Response:
        media = sub_response.media_type
        status = 400 if media == GRAPHQL and "data" not in response_data else 200
        return Response(self.encode_json(response_data), status, _VARY, media_type=media)


class MethodNotAllowed(HTTPException):
    def __init__(self, allowed: str, reason: str) -> None:
        super().__init__(405, reason)
        self.allowed = allowed


def _is_browser(request: Request) -> bool:
    if request.method != "GET":
        return False
    return "text/html" in request.headers.get("accept", "") and "query" not in request.query_params


def _error(request: Request, status: int, message: str, **more: str) -> Response:
    code = request.scope["state"]["code"] = _CODES.get(status, "BAD_REQUEST")
    body = {"errors": [{"message": message, "extensions": {"code": code, **more}}]}
    media = negotiated(request.headers.get("accept", "")) or JSON
    return Response(orjson.dumps(body), status, _VARY, media_type=media)
