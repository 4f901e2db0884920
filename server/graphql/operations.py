"""What a GraphQL operation gets to know of its caller, and how its answers go on: as events, over sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.schema import BaseSchema
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types.unset import UnsetType

from documents.links import Links
from invoicing.errors import Unauthorized
from invoicing.storage.database import Database
from resolvers.context import Context
from resolvers.gateway_calls import Gateways
from resolvers.watches import Watches
from resolvers.webhook_hosts import Hosts
from schema.execution.operations import is_subscription
from server.auth import Authenticator, bearer, token_in
from server.graphql import sse
from server.graphql.content_types import VARY, negotiated
from server.graphql.websocket import STRANGER, Connected, Socket, TextSocket
from server.metrics import Metrics

INIT_PATIENCE = timedelta(seconds=10)  # until a connection says who it is


class Conversing(GraphQL[Context, None]):
    """Subscriptions come over a WebSocket, or as server-sent events until the watches end."""

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
        watches: Watches,
        metrics: Metrics,
        origins: Sequence[str] = (),
    ) -> None:
        super().__init__(
            schema,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL),
            connection_init_wait_timeout=INIT_PATIENCE,
            max_subscriptions_per_connection=None,  # the socket's own limit has a code
            allowed_origins=origins,
        )
        self.database = database
        self.links = links
        self.gateways = gateways
        self.hosts = hosts
        self.authenticator = authenticator
        self.watches = watches
        self.metrics = metrics

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
            handshake = request.headers.get("authorization", "")
            return make(STRANGER, handshake=handshake, counted=self.metrics.conversed)
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

    async def parse_http_body(self, request: Any) -> Any:
        """What could be answered as JSON is, unless it goes on."""
        asked: Any = await super().parse_http_body(request)
        if asked.protocol == "http" or negotiated(request.headers.get("accept", "")) is None:
            return asked
        goes_on = is_subscription(asked.query, asked.operation_name)
        return asked if goes_on else replace(asked, protocol="http")

    async def create_streaming_response(
        self,
        request: Request | WebSocket,
        stream: Callable[[], AsyncIterator[str]],
        sub_response: Response,
        headers: Mapping[str, str],
    ) -> Response:
        return sse.Events(sse.until(self.watches.ending, stream()), headers={**headers, **VARY})
