"""Servers to compare with: the same response from memory, by Starlette alone or by a GraphQL library.

python -m bench.plain starlette|strawberry|ariadne|broadcast ANSWER.json PORT

`starlette` imports nothing else, as its start is compared too.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket


def starlette(answer: bytes) -> ASGIApp:
    data = orjson.loads(answer)

    async def respond(request: Request) -> Response:
        await request.body()
        return Response(orjson.dumps(data), media_type="application/json")

    return _at_graphql(respond)


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


def strawberry(answer: bytes) -> ASGIApp:
    from bench.plain_graphql import by_strawberry

    return _at_graphql(by_strawberry(orjson.loads(answer)))


def ariadne(answer: bytes) -> ASGIApp:
    from bench.plain_graphql import by_ariadne

    return _at_graphql(by_ariadne(orjson.loads(answer)))


def _at_graphql(endpoint: Any) -> ASGIApp:
    return Starlette(routes=[Route("/graphql", endpoint, methods=["POST"])])


_CONTENDERS = {each.__name__: each for each in (starlette, strawberry, ariadne, broadcast)}


def main(contender: str, answer: str, port: str) -> None:
    app = _CONTENDERS[contender](Path(answer).read_bytes())
    uvicorn.run(app, port=int(port), log_config=None, access_log=False, server_header=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
