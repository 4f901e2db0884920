"""Callers who ask and do not read the answer."""

from __future__ import annotations

import asyncio


class Unread:
    """Ends a connection whose caller takes too little of what is being sent to it.

    An answer is kept until it is taken: whoever read it byte by byte would keep its memory for hours.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float, rate: int) -> None:
        """It looks every so many seconds, in which at least `rate` bytes a second are to be taken."""
        self._loop = loop
        self._seconds = seconds
        self._least = round(seconds * rate)  # bytes
        self._timer: asyncio.TimerHandle | None = None
        self._size = 0
        self._has_taken = False

    def watch(self, transport: asyncio.Transport) -> None:
        """Begins if there is something unsent, and ends by itself once there is not."""
        if self._timer is None and (size := transport.get_write_buffer_size()):
            self._size, self._has_taken = size, False
            self._timer = self._loop.call_later(self._seconds, self._look, transport)

    def note_taken(self) -> None:
        """The caller has taken most of what was unsent. There may be as much again by the next look."""
        self._has_taken = True

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self, transport: asyncio.Transport) -> None:
        self._timer = None
        left = transport.get_write_buffer_size()
        if self._has_taken or not left or self._size - left >= self._least:
            self.watch(transport)
        else:
            transport.abort()
