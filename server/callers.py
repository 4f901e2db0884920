"""Whether a caller is still there: what only reads is ended once nobody waits for its answer.

What it reads at that moment is then ended in the database too. A request that changes something is always
carried out to its end.
"""

from __future__ import annotations

import asyncio
from types import TracebackType

from starlette.requests import ClientDisconnect
from starlette.types import Receive

CLIENT_GONE = 499  # the status of the log: who asked did not wait for the response, or did not send it all
LISTEN_AFTER = 0.2  # seconds: few requests take that long, and listening costs each of them a task


class WhileCallerWaits:
    """Around a request that only reads, once it is there: raises ClientDisconnect if its caller goes."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._listening: asyncio.Task[None] | None = None
        self._is_gone = False

    def __enter__(self) -> None:
        self._request = asyncio.current_task()
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(LISTEN_AFTER, self._listen)

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        self._timer.cancel()
        if self._listening is not None:
            self._listening.cancel()
        if self._is_gone and self._request is not None and kind is asyncio.CancelledError:
            self._request.uncancel()
            raise ClientDisconnect

    def _listen(self) -> None:
        self._listening = self._loop.create_task(self._cancel_when_gone())

    async def _cancel_when_gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._is_gone = True
        if self._request is not None:
            self._request.cancel()
