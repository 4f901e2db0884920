"""Servers to compare with: the same response from memory, by Starlette alone or by plain Strawberry.

python -m bench.plain starlette|strawberry|broadcast ANSWER.json PORT
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any, NewType

import orjson
import strawberry
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.schema.config import StrawberryConfig

Money = NewType("Money", int)
_SCALARS: Any = {Money: strawberry.scalar(name="Money", serialize=int, parse_value=int)}


@strawberry.type
class Vat:
    rate: float
    category: str
    base: Money
    amount: Money


@strawberry.type
class Line:
    name: str
    quantity: int
    unit_price: Money
    total: Money
    vat: Vat


@strawberry.type
class Invoice:
    id: strawberry.ID
    number: str
    type: str
    currency: str
    issued_on: str
    due_on: str | None
    lines: list[Line]
    vat: list[Vat]
    total_ex_vat: Money
    total_vat: Money
    total: Money
    pdf_status: str
    pdf_url: str | None


def starlette(answer: bytes) -> ASGIApp:
    data = orjson.loads(answer)

    async def respond(request: Request) -> Response:
        await request.body()
        return Response(orjson.dumps(data), media_type="application/json")

    return graphql_app(respond)


def graphql_app(endpoint: Any) -> ASGIApp:
    return Starlette(routes=[Route("/graphql", endpoint, methods=["POST"])])


def broadcast(answer: bytes) -> ASGIApp:
    """Sends the response to all connected sockets at each POST."""
    message, connected = answer.decode(), set[WebSocket]()

    async def send_to_all(_: Request) -> Response:
        await asyncio.gather(*(each.send_text(message) for each in connected))
        return Response()

    async def connect(socket: WebSocket) -> None:
        await socket.accept("graphql-transport-ws")
        connected.add(socket)
        await socket.send_text(message)
        try:
            await socket.receive()
        finally:
            connected.remove(socket)

    return Starlette(
        routes=[Route("/graphql", send_to_all, methods=["POST"]), WebSocketRoute("/graphql", connect)]
    )


def strawberry_app(answer: bytes) -> ASGIApp:
    stored = _invoice(orjson.loads(answer)["data"]["invoice"])

    @strawberry.type
    class Query:
        @strawberry.field
        def invoice(self, id: str) -> Invoice | None:
            return stored if id == stored.id else None

    config = StrawberryConfig(auto_camel_case=False, scalar_map=_SCALARS)
    return graphql_app(GraphQL[Any, Any](strawberry.Schema(query=Query, config=config)))


def _invoice(data: dict[str, Any]) -> Invoice:
    lines = [Line(**{**line, "vat": _vat(line["vat"])}) for line in data["lines"]]
    return Invoice(**{**data, "lines": lines, "vat": [_vat(row) for row in data["vat"]]})


def _vat(row: dict[str, Any]) -> Vat:
    return Vat(**{"category": "", "base": 0, **row})


def main(contender: str, answer: str, port: str) -> None:
    apps = {"starlette": starlette, "strawberry": strawberry_app, "broadcast": broadcast}
    app = apps[contender](Path(answer).read_bytes())
    uvicorn.run(app, port=int(port), log_config=None, access_log=False, server_header=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
