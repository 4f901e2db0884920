"""GraphQL over HTTP: Strawberry's view with our principal, our errors and a faster JSON."""

from __future__ import annotations

import re
from typing import Any

import orjson
import structlog
from cross_web import HTTPException
from graphql import GraphQLError, OperationDefinitionNode, parse
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData
from strawberry.http.base import BaseRequestProtocol
from strawberry.schema import BaseSchema
from strawberry.types import ExecutionResult

from documents.links import Links
from invoicing.database import Database
from invoicing.errors import Unauthorized
from resolvers.context import Context
from resolvers.gateways import Gateways
from schema.caching import MOST_TOKENS
from server.auth import Authenticator
from server.bodies import TooLarge, body, media_type
from server.explorer import Explorer

_CODES = {
    400: "BAD_REQUEST",
    401: "UNAUTHORIZED",
    405: "METHOD_NOT_ALLOWED",
    413: "BODY_TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
    500: "INTERNAL_SERVER_ERROR",
}

_OPERATION = re.compile(r"\b(?:query|mutation|subscription)\b")

log = structlog.get_logger(__name__)


class GraphQLView(GraphQL[Context, None]):
    """POST runs an operation; GET in a browser opens the explorer, which needs no key itself."""

    def __init__(
        self,
        schema: BaseSchema,
        *,
        database: Database,
        links: Links,
        gateways: Gateways,
        authenticator: Authenticator,
        explorer: Explorer,
    ) -> None:
        super().__init__(schema, subscription_protocols=())
        self.database = database
        self.links = links
        self.gateways = gateways
        self.authenticator = authenticator
        self.explorer = explorer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except Unauthorized as refusal:
            response = _error(401, str(refusal))
            response.headers["www-authenticate"] = "Bearer"
        except HTTPException as refusal:
            response = _error(refusal.status_code, refusal.reason)
        except Exception as failure:
            request_id = scope["state"]["request_id"]
            log.error("request failed", request_id=request_id, exc_info=failure)
            message = f"Internal error; the log has it under the request id {request_id}."
            response = _error(500, message, request_id=request_id)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if _is_browser(request):
            return await run_in_threadpool(self.explorer.page)
        if request.method == "POST":
            await _acceptable(request)
        return await self.run(request)

    async def execute_single(self, *args: Any, **kwargs: Any) -> ExecutionResult:
        asked: GraphQLRequestData = kwargs["request_data"]
        if asked.operation_name is None and asked.query and _has_several_operations(asked.query):
            raise HTTPException(400, "The document has several operations: say which by operationName.")
        return await super().execute_single(*args, **kwargs)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        principal = await self.authenticator.principal(request)
        request_id = request.scope["state"]["request_id"]
        return Context(
            principal, self.database, self.links, self.gateways, request_id, self.authenticator.forget
        )

    def should_render_graphql_ide(self, request: BaseRequestProtocol) -> bool:
        return False  # ours is served before this is asked

    def encode_json(self, data: object) -> bytes:
        return orjson.dumps(data)

    def decode_json(self, data: str | bytes) -> Any:
        return orjson.loads(data)

    def create_response(
        self, response_data: GraphQLHTTPResponse | list[GraphQLHTTPResponse], sub_response: Response
    ) -> Response:
        return Response(self.encode_json(response_data), media_type="application/json")


def _has_several_operations(document: str) -> bool:
    """Strawberry would run the first. Only named ones can be several, so few are parsed here."""
    if len(_OPERATION.findall(document)) < 2:
        return False
    try:
        definitions = parse(document, max_tokens=MOST_TOKENS).definitions
    except GraphQLError:  # told where it is executed
        return False
    return sum(isinstance(each, OperationDefinitionNode) for each in definitions) > 1


def _is_browser(request: Request) -> bool:
    if request.method != "GET":
        return False
    return "text/html" in request.headers.get("accept", "") and "query" not in request.query_params


async def _acceptable(request: Request) -> None:
    if media_type(request) not in ("application/json", "application/graphql-response+json"):
        raise HTTPException(415, "Send the operation as application/json.")
    try:
        request._body = await body(request)
    except TooLarge as large:
        raise HTTPException(413, str(large)) from large
    if not request._body.lstrip().startswith((b"{", b"[")):
        raise HTTPException(400, "The body must be a JSON object with a query in it.")


def _error(status: int, message: str, **more: str) -> Response:
    code = _CODES.get(status, "BAD_REQUEST")
    body = {"errors": [{"message": message, "extensions": {"code": code, **more}}]}
    return Response(
        orjson.dumps(body),
        status,
        {"allow": "GET, POST"} if status == 405 else None,
        media_type="application/json",
    )
