"""HTTP on a connection: uvicorn's protocol, for callers who send too much, too slowly, or read nothing."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import httptools
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from server.connections.config import GuardedConfig
from server.connections.guard import Refusal
from server.connections.heads import SLICE, HeadTooLarge, MeasuredHttp
from server.connections.writes import OneWrite, Unread


class LimitedHttp(MeasuredHttp):
    """A request is read in two parts, its head and its body, each with a time of its own."""

    def __init__(self, config: GuardedConfig, *args: Any, **options: Any) -> None:
        super().__init__(config, *args, **options)
        self._guard = config.guard
        self._began = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._answered: RequestResponseCycle | None = None  # others may wait behind it, `self.cycle` last
        self._held = bytearray()  # requests whose turn has not come
        self._is_deaf = False  # what still comes is thrown away
        self._thrown_away = 0
        self._unread = Unread(self.loop, self._limits.unread_time, self._limits.unread_rate)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self._guard.enter(self._host):
            self._start_timer()
        else:
            self._is_deaf = True
            self._guard.count_refusal("connections")
            self._write(429, "There are too many connections.")
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._guard.leave(self._host)
        self._stop_timer()
        self._unread.stop()
        self._held.clear()
        if self._answered is not None and not self._answered.response_complete:
            self._answered.disconnected = True
            self._answered.message_event.set()
        super().connection_lost(exc)

    @property
    def _host(self) -> str | None:
        return self.client[0] if self.client else None

    # What comes

    def data_received(self, data: bytes) -> None:
        if self._is_deaf:
            self._throw_away(len(data))
        elif self.pipeline or self._held:
            self._held += data
            self.flow.pause_reading()
        else:
            self._unset_keepalive_if_required()
            self._read(data)

    def _read(self, data: bytes) -> None:
        """Feeds the parser, up to a request that has to wait until the one before it is answered."""
        for start in range(0, len(data), SLICE):
            if self.pipeline:
                self._held += data[start:]
                break
            try:
                self._feed(data[start : start + SLICE])
            except httptools.HttpParserUpgrade:
                self._upgrade()
                return
            except HeadTooLarge:
                most = self._limits.head_size
                self._refuse(431, "large", f"Request line and headers have {most} bytes at most.")
                return
            except httptools.HttpParserError:
                self._refuse(400, "malformed", "Invalid HTTP request received.")
                return
        if self._timer is None and self._waits_for_rest:
            self._start_timer()

    @property
    def _waits_for_rest(self) -> bool:
        return self._reads_body or self._reads_head or self._untold > 0

    def _upgrade(self) -> None:
        if not self._should_upgrade():
            self._unsupported_upgrade_warning()
            return
        self._stop_timer()
        self._unread.stop()
        self.handle_websocket_upgrade()

    def _throw_away(self, size: int) -> None:
        self._thrown_away += size
        if self._thrown_away > self._limits.linger_size:
            self.transport.abort()

    # What is sent

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._answered = cycle
        cycle.transport = cast(asyncio.Transport, OneWrite(self.transport, self.loop))
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        self._unread.watch(self.transport)
        if self._reads_body and self.expect_100_continue and self.cycle.response_complete:
            self.transport.close()  # it may send the body all the same, or the next request instead
        super().on_response_complete()
        if self._held and not self.pipeline and not self._is_deaf:
            held, self._held = bytes(self._held), bytearray()
            self.data_received(held)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread.watch(self.transport)

    def resume_writing(self) -> None:
        self._unread.note_taken()
        super().resume_writing()

    # Time

    def _start_timer(self) -> None:
        self._began = self.loop.time()
        seconds = self._limits.body_time if self._reads_body else self._limits.head_time
        self._timer = self.loop.call_later(seconds, self._time_is_up)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _time_is_up(self) -> None:
        self._timer = None
        if self.flow.read_paused:  # it is we who keep the caller waiting
            self._start_timer()
            return
        if not self._waits_for_rest:  # a browser that connected in case it would ask
            self.transport.close()
        elif (more := self._time_earned()) > 0:
            self._timer = self.loop.call_later(more, self._time_is_up)
        else:
            self._refuse(408, "slow", "The request took too long to arrive.")

    def _time_earned(self) -> float:
        """Seconds that are left for the body, as much of it has come and somebody still wants it."""
        if not self._reads_body or self.cycle.response_complete:
            return 0.0
        seconds = self._limits.body_time + self._body_size / self._limits.body_rate
        return self._began + seconds - self.loop.time()

    # Refusals

    def _refuse(self, status: int, reason: Refusal, text: str) -> None:
        """Tells why, unless something else is being said, and closes."""
        self._stop_timer()
        self._is_deaf = True
        self._guard.count_refusal(reason)
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            self._linger(None if self._reads_body else (status, text))
        elif not self._reads_body:
            cycle.keep_alive = False  # what came before is answered
        elif self.pipeline or cycle.response_started:
            self.transport.close()
        else:
            cycle.disconnected = True
            cycle.message_event.set()
            self._linger((status, text))

    def _linger(self, refusal: tuple[int, str] | None) -> None:
        """Waits a little for what is still on its way. If that met a closed socket, the answer was lost."""
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if refusal:
            self._write(*refusal)
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._timer = self.loop.call_later(self._limits.linger_time, self.transport.abort)

    def _write(self, status: int, text: str) -> None:
        headers = [
            *self.server_state.default_headers,
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", b"%d" % len(text)),
            (b"connection", b"close"),
        ]
        lines = b"".join(name + b": " + value + b"\r\n" for name, value in headers)
        self.transport.write(STATUS_LINE[status] + lines + b"\r\n" + text.encode())
