"""GraphQL operations over all transports: their contexts, and how subscriptions are sent."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from types import MappingProxyType
from typing import Any

from cross_web import AsyncHTTPRequestAdapter
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.schema import BaseSchema
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types.unset import UnsetType

from invoicing.errors import RateLimited, Unauthorized
from resolvers.context import Context
from schema.execution.operations import is_subscription
from server.auth import bearer, token_in
from server.contexts import Contexts, request_id
from server.graphql.content_types import VARY, accepted_by, negotiate
from server.graphql.persisted import Asked, Documents
from server.graphql.sse import EventEncoding, EventStreams
from server.graphql.websocket import NOBODY, ConnectionContext, ConnectionHandler, TextAdapter
from server.metrics import Metrics

INIT_PATIENCE = timedelta(seconds=10)  # in which a WebSocket has to say who it is


class Operations(GraphQL[Context, None]):
    """Subscriptions are sent over a WebSocket, or as server-sent events until the server ends."""

    websocket_adapter_class = TextAdapter
    graphql_transport_ws_handler_class = ConnectionHandler
    stream_transport_classes_by_protocol = MappingProxyType({GRAPHQL_SSE_PROTOCOL: EventEncoding})

    def __init__(
        self,
        schema: BaseSchema,
        *,
        contexts: Contexts,
        metrics: Metrics,
        documents: Documents,
        origins: Sequence[str] = (),
    ) -> None:
        super().__init__(
            schema,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL),
            connection_init_wait_timeout=INIT_PATIENCE,
            max_subscriptions_per_connection=None,  # ConnectionHandler has a limit whose error has a code
            allowed_origins=origins,
        )
        self.contexts = contexts
        self.metrics = metrics
        self.documents = documents
        self.event_streams = EventStreams(contexts.services.watches.ending)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        if isinstance(request, WebSocket):
            return ConnectionContext(
                NOBODY,
                self.contexts.services,
                request_id(request.scope),
                count_execution=self.metrics.count_execution,
                handshake=request.headers.get("authorization", ""),
                count_operation=self.metrics.count_socket_operation,
                take_from_limit=lambda principal: self.contexts.limits.take(principal, []),
                connection=request,
            )
        return await self.contexts.for_token(request.scope, bearer(request))

    async def execute_operation(self, *args: Any, **kwargs: Any) -> Any:
        sent, request = kwargs["request_data"], kwargs["request"]
        document_id = await self._document_id(kwargs["request_adapter"])
        asked = Asked.of(sent.query, document_id, sent.extensions)
        sent.query = self.documents.text(asked, kwargs["context"].holder)
        accepted = negotiate(accepted_by(request))
        if accepted is not None and not is_subscription(sent.query, sent.operation_name):
            sent.protocol = "http"
        if sent.protocol != "http":
            request.scope["state"]["operation"] = sent.operation_name
        return await super().execute_operation(*args, **kwargs)

    async def on_ws_connect(self, context: Context) -> UnsetType:
        """Accepts the connection. Whether its key is still valid is checked again with each operation."""
        if not isinstance(context, ConnectionContext) or context.connection is None:
            raise TypeError("Only a connection can be accepted.")
        from server.connections.websocket import allow_large_messages  # it is loaded with the first WebSocket

        try:
            token = token_in(context.authorization())
            await self.contexts.principal_of(context.connection.scope, token)
            context.find_principal = partial(self.contexts.authenticator.principal_of, token)
            await context.renew()
            allow_large_messages(context.connection.scope)
        except (Unauthorized, RateLimited) as refusal:
            raise ConnectionRejectionError from refusal
        return UnsetType()

    async def _document_id(self, request: AsyncHTTPRequestAdapter) -> object:
        """Strawberry knows no `documentId`."""
        if request.method == "GET":
            return request.query_params.get("documentId")
        body = await request.get_body()
        return self.parse_json(body).get("documentId") if b'"documentId"' in body else None

    async def create_streaming_response(
        self,
        request: Request | WebSocket,
        stream: Callable[[], AsyncIterator[str]],
        sub_response: Response,
        headers: Mapping[str, str],
    ) -> Response:
        return self.event_streams.response(stream(), {**headers, **VARY})
