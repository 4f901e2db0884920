"""How answers are written, and callers who do not read them."""

from __future__ import annotations

import asyncio


class OneWrite:
    """The transport of one answer. Its head goes with the first of its body, if that comes at once.

    Each write is a call of the system that wakes whoever reads: a fifth of what a small answer costs.
    """

    __slots__ = ("_flushing", "_head", "_loop", "_transport")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._head: bytes | None = None
        self._flushing: asyncio.Handle | None = None

    def write(self, data: bytes) -> None:
        if self._head is not None:
            head, self._head = self._head, None
            self._transport.writelines([head, data])
        elif self._flushing is not None:
            self._transport.write(data)
        else:
            self._head = data
            self._flushing = self._loop.call_soon(self._flush)

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def _flush(self) -> None:
        """Writes the head alone: the body comes later, or never."""
        head, self._head = self._head, None
        if head is not None and not self._transport.is_closing():
            self._transport.write(head)


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
