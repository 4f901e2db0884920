"""A WebSocket of the server without a network: bytes go in, and what is written is kept."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState
from websockets.frames import Frame, Opcode

from server.connections.guard import Guard
from server.connections.limited import limited_config
from server.connections.steps import Steps
from server.connections.websocket import LimitedWebSocket, allow_large_messages

UPGRADE = (
    b"GET /socket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
)
PONG = Frame(Opcode.PONG, b"").serialize(mask=False)


def frame(data: bytes, opcode: Opcode = Opcode.TEXT, *, fin: bool = True) -> bytes:
    """As a client sends it."""
    return Frame(opcode, data, fin).serialize(mask=True)


PING = frame(b"", Opcode.PING)


@dataclass
class Clock:
    """Stands until it is told to go on."""

    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


class Wire(asyncio.Transport):
    """The transport: whoever is at its other end takes everything at once."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self.is_paused = self.is_closed = self.is_aborted = False

    def write(self, data: Any) -> None:
        self.written += data

    def pause_reading(self) -> None:
        self.is_paused = True

    def resume_reading(self) -> None:
        self.is_paused = False

    def is_closing(self) -> bool:
        return self.is_closed

    def close(self) -> None:
        self.is_closed = True

    def abort(self) -> None:
        self.is_closed = self.is_aborted = True


@dataclass
class App:
    """Accepts, reads the messages that it may, and ends with the connection."""

    is_known: bool = False
    messages: list[str] = field(default_factory=list)
    may_read: asyncio.Event = field(default_factory=asyncio.Event)
    send: Send | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return
        await receive()
        if self.is_known:
            allow_large_messages(scope)
        await send({"type": "websocket.accept"})
        self.send = send
        await self.may_read.wait()
        while (event := await receive())["type"] != "websocket.disconnect":
            self.messages.append(event["text"])


class Socket:
    """A connection to the app, with its transport."""

    def __init__(self, guard: Guard, *, is_known: bool = False) -> None:
        self.app = App(is_known)
        config = limited_config(self.app, guard, log_config=None)
        config.load()
        self.protocol = LimitedWebSocket(config, ServerState(), {})  # type: ignore[arg-type]
        self.wire = Wire()
        self.protocol.connection_made(self.wire)
        guard.enter(None)

    def sends(self, data: bytes) -> None:
        """The caller sends it, and the server reads unless it has paused."""
        assert not self.wire.is_paused
        self.protocol.data_received(data)

    @property
    def pongs(self) -> int:
        return self.wire.written.count(PONG)

    async def closes(self) -> None:
        """The server closes it."""
        assert self.app.send
        await self.app.send({"type": "websocket.close", "code": 4400})


def guarded(clock: Callable[[], float], refused: Counter[str] | None = None) -> Guard:
    """A guard with room for eight steps at once, and for eight more in each second of the clock."""
    steps = (Steps(8, 8, clock) for _ in range(2))
    count = refused if refused is not None else Counter[str]()
    return Guard(strangers=next(steps), known=next(steps), count_refusal=lambda why: count.update([why]))
