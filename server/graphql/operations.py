"""GraphQL operations over all transports: their contexts, and how subscriptions are sent."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from types import MappingProxyType
from typing import Any

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
from server.connections.websocket import allow_large_messages
from server.contexts import Contexts, request_id
from server.graphql.content_types import VARY, negotiate
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
        self, schema: BaseSchema, *, contexts: Contexts, metrics: Metrics, origins: Sequence[str] = ()
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
        self.event_streams = EventStreams(contexts.services.watches.ending)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        if isinstance(request, WebSocket):
            return ConnectionContext(
                NOBODY,
                self.contexts.services,
                request_id(request),
                handshake=request.headers.get("authorization", ""),
                count_operation=self.metrics.count_socket_operation,
                take_from_limit=lambda principal: self.contexts.limits.take(principal, []),
                connection=request,
            )
        return await self.contexts.for_token(request, bearer(request))

    async def execute_operation(self, *args: Any, **kwargs: Any) -> Any:
        sent, request = kwargs["request_data"], kwargs["request"]
        if sent.protocol != "http":
            request.scope["state"]["operation"] = sent.operation_name
        return await super().execute_operation(*args, **kwargs)

    async def on_ws_connect(self, context: Context) -> UnsetType:
        """Accepts the connection. Whether its key is still valid is checked again with each operation."""
        if not isinstance(context, ConnectionContext) or context.connection is None:
            raise TypeError("Only a connection can be accepted.")
        try:
            token = token_in(context.authorization())
            await self.contexts.principal_of(context.connection, token)
            context.find_principal = partial(self.contexts.authenticator.principal_of, token)
            await context.renew()
            allow_large_messages(context.connection.scope)
        except (Unauthorized, RateLimited) as refusal:
            raise ConnectionRejectionError from refusal
        return UnsetType()

    async def parse_http_body(self, request: Any) -> Any:
        """Answers with JSON where the client accepts it, unless the operation is a subscription."""
        sent: Any = await super().parse_http_body(request)
        if sent.protocol == "http" or negotiate(request.headers.get("accept", "")) is None:
            return sent
        return sent if is_subscription(sent.query, sent.operation_name) else replace(sent, protocol="http")

    async def create_streaming_response(
        self,
        request: Request | WebSocket,
        stream: Callable[[], AsyncIterator[str]],
        sub_response: Response,
        headers: Mapping[str, str],
    ) -> Response:
        return self.event_streams.response(stream(), {**headers, **VARY})
