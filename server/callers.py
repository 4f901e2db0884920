"""Whether a caller is still there: what only reads is ended once nobody waits for its answer.

What it reads at that moment is then ended in the database too. A request that changes something is always
carried out to its end.
"""

from __future__ import annotations

import asyncio
from types import TracebackType

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from resolvers.per_loop import PerLoop

CLIENT_GONE = 499  # the status of the log: who asked did not wait for the response, or did not send it all
LISTEN_AFTER = 0.2  # seconds: few requests take that long, and listening costs each of them a task
_LEAST_WAIT = 0.01


class WhileCallerWaits:
    """Around a request that only reads, once it is there: raises ClientDisconnect if its caller goes."""

    __slots__ = ("_is_gone", "_listeners", "_listening", "_receive", "_request", "began")

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._listening: asyncio.Task[None] | None = None
        self._is_gone = False
        self.began = 0.0

    def __enter__(self) -> None:
        self._request = asyncio.current_task()
        self._listeners = _listeners.get()
        self._listeners.add(self)

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        self._listeners.discard(self)
        if self._listening is not None:
            self._listening.cancel()
        if self._is_gone and self._request is not None and kind is asyncio.CancelledError:
            self._request.uncancel()
            raise ClientDisconnect

    def listen(self, loop: asyncio.AbstractEventLoop) -> None:
        self._listening = loop.create_task(self._cancel_when_gone())

    async def _cancel_when_gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._is_gone = True
        if self._request is not None:
            self._request.cancel()


class _Listeners:
    """Has the requests of one event loop listen which take long: one timer for all of them."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._quiet: dict[WhileCallerWaits, None] = {}
        """Those that do not listen yet, in the order in which they began."""
        self._is_waiting = False

    def add(self, request: WhileCallerWaits) -> None:
        request.began = self._loop.time()
        self._quiet[request] = None
        if not self._is_waiting:
            self._wait(LISTEN_AFTER)

    def discard(self, request: WhileCallerWaits) -> None:
        self._quiet.pop(request, None)

    def _wait(self, seconds: float) -> None:
        self._is_waiting = True
        self._loop.call_later(seconds, self._look)

    def _look(self) -> None:
        self._is_waiting = False
        now = self._loop.time()
        while self._quiet:
            oldest = next(iter(self._quiet))
            if (left := oldest.began + LISTEN_AFTER - now) > 0:
                self._wait(max(left, _LEAST_WAIT))
                return
            del self._quiet[oldest]
            oldest.listen(self._loop)


_listeners = PerLoop(_Listeners)
