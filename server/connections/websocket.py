"""WebSockets: they count as connections as long as they are open, strangers say little on them, and all of
them together take a bounded share of the event loop's time.

A frame costs far more time than its bytes, and a message far more than a frame. So each frame is a step that
waits for its turn, and a message is read once the one before it has been taken.
"""

from __future__ import annotations

from typing import Any

from starlette.types import Scope
from uvicorn._types import ASGIReceiveEvent, ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode, Frame
from websockets.http11 import Request

from server.connections.config import GuardedConfig
from server.connections.steps import Steps

MOST_BEFORE_KNOWN = 8_192  # bytes of a message, as long as nobody has said who they are
MOST_FRAMES = 100  # of a connection, as long as nobody has said who they are, or once it is closed
MOST_FRAGMENTS = 1_000  # of a message; empty ones do not count towards its size

SLICE = 16_384  # bytes of a frame that are read in one step
COST_OF_HANDSHAKE = 5  # what so many steps cost
_KNOWN = "allow_large_messages"


def allow_large_messages(scope: Scope) -> None:
    """Is called once it is known who speaks: from then on a message may be as large as a body."""
    if allow := scope.get("state", {}).get(_KNOWN):
        allow()


def frame_size(data: bytes | bytearray) -> int | None:
    """Bytes of the frame that begins here, with its header (RFC 6455, 5.2); None if too few have come."""
    if len(data) < 2:
        return None
    mask = 4 if data[1] & 0x80 else 0
    short = data[1] & 0x7F
    longer = {126: 2, 127: 8}.get(short, 0)  # bytes of the length, where it is not in the second byte
    if len(data) < 2 + longer:
        return None
    return 2 + longer + mask + (int.from_bytes(data[2 : 2 + longer]) if longer else short)


class LimitedWebSocket(WebSocketsSansIOProtocol):
    def __init__(self, config: GuardedConfig, *args: Any, **options: Any) -> None:
        super().__init__(config, *args, **options)
        self._guard = config.guard
        self._most_before_known = min(config.ws_max_size, MOST_BEFORE_KNOWN)
        self.conn.max_message_size = self._most_before_known
        self.close_timeout = self._guard.limits.linger_time
        self._is_known = False
        self._frames_of_nobody = 0
        self._held = bytearray()  # has come, and is not read
        self._rest = 0  # bytes of a frame whose beginning is read
        self._waits = False  # for its turn

    def connection_lost(self, exc: Exception | None) -> None:
        """The HTTP connection that became this one has entered, and does not hear of its end."""
        self._guard.leave(self.client[0] if self.client else None)
        self._held.clear()
        super().connection_lost(exc)

    # What comes

    def data_received(self, data: bytes) -> None:
        self._held += data
        self._go_on()

    async def receive(self) -> ASGIReceiveEvent:
        event = await super().receive()
        self._go_on()
        return event

    async def send(self, message: ASGISendEvent) -> None:
        await super().send(message)
        if message["type"] == "websocket.close":
            self._frames_of_nobody = 0
            self.conn.max_message_size = self._most_before_known
        if message["type"] != "websocket.send":
            self._go_on()

    def _go_on(self) -> None:
        if not self._waits and self.has_step:
            self._waits = True
            self._steps.ask(self)
        self._pause_or_resume()

    def _pause_or_resume(self) -> None:
        """Uvicorn pauses while the app has not taken a message, and resumes without asking us."""
        if self.transport.is_closing():
            return
        if self._waits or not self.handshake_complete:
            self.transport.pause_reading()
        elif not self.read_paused:
            self.transport.resume_reading()

    @property
    def _steps(self) -> Steps:
        return self._guard.strangers if self._is_nobodys else self._guard.known

    @property
    def _is_nobodys(self) -> bool:
        return self.close_sent or not self._is_known

    # Steps

    @property
    def has_step(self) -> bool:
        if not self._held or self.transport.is_closing():
            return False
        if not self.handshake_initiated:
            return True
        if self.read_paused or not self.handshake_complete:
            return False
        return self._rest > 0 or frame_size(self._held) is not None

    def take_step(self) -> int:
        """Reads the handshake, or a frame or a part of one."""
        cost = 0
        if self.has_step:
            cost = self._read_frame() if self.handshake_initiated else self._read_handshake()
        self._waits = self.has_step
        self._pause_or_resume()
        return cost

    def _read_handshake(self) -> int:
        super().data_received(bytes(self._held))
        self._held.clear()
        return COST_OF_HANDSHAKE

    def _read_frame(self) -> int:
        if not self._rest:
            self._rest = frame_size(self._held) or 0
            self._count_frame()
        part = bytes(self._held[: min(self._rest, SLICE)])
        del self._held[: len(part)]
        self._rest -= len(part)
        if not self.transport.is_closing():
            super().data_received(part)
        return 1

    def _count_frame(self) -> None:
        if not self._is_nobodys:
            return
        self._frames_of_nobody += 1
        if self._frames_of_nobody > MOST_FRAMES:
            self._guard.count_refusal("frames")
            if self.close_sent:
                self.transport.abort()
            else:
                self._give_up("There are too many frames before connection_init.")

    # Events

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.response.status_code == 101:
            self.scope["state"][_KNOWN] = self._allow_large_messages

    def handle_cont(self, event: Frame) -> None:
        if len(self.frames) < MOST_FRAGMENTS:
            super().handle_cont(event)
        elif not self.close_sent:
            self._give_up("A message has too many fragments.")

    def handle_ping(self) -> None:
        """Whoever reads nothing gets no more answers: they would wait in memory."""
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()

    def _allow_large_messages(self) -> None:
        self._is_known = True
        if not self.close_sent:
            self.conn.max_message_size = self.config.ws_max_size

    def handle_parser_exception(self) -> None:
        """Frames that come before the connection is accepted cannot be refused by one."""
        if self.conn.close_sent is None:
            self.transport.abort()
        else:
            super().handle_parser_exception()

    def _give_up(self, reason: str) -> None:
        self.conn.fail(CloseCode.POLICY_VIOLATION, reason)
        self.handle_parser_exception()
