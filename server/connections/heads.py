"""How large the head of a request is, before it is complete.

The parser keeps a header until it is complete, and the time that it needs grows with the square of the
header's length. So it is given slices, and no more of them than the limit.
"""

from __future__ import annotations

from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from server.connections.config import GuardedConfig

_AROUND = 4  # bytes around a header's name and value: `: ` and the end of the line


class HeadTooLarge(Exception):
    """Request line and headers, or all that is not data in a body, are larger than the limit."""


class MeasuredHttp(HttpToolsProtocol):
    """Knows which part of a request is being read, and how much of it has come."""

    def __init__(self, config: GuardedConfig, *args: Any, **options: Any) -> None:
        super().__init__(config, *args, **options)
        self._limits = config.guard.limits
        self._reads_head = self._reads_body = False
        self._head_size = 0  # what the parser has told of the head, or of a body's trailers
        self._untold = 0  # what it was given since
        self._has_told = False  # something of the slice that it was given last
        self._body_size = 0

    def _feed(self, data: bytes) -> None:
        """Gives a slice to the parser. Raises HeadTooLarge, or what the parser raises."""
        self._has_told = False
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserCallbackError as failure:
            if isinstance(failure.__context__, HeadTooLarge):
                raise failure.__context__ from None
            raise
        self._untold = 0 if self._has_told else self._untold + len(data)
        if self._head_size + self._untold > self._limits.head_size:
            raise HeadTooLarge

    def on_message_begin(self) -> None:
        self._reads_head, self._head_size = True, 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value) + _AROUND)
        if self._reads_head:  # a trailer would be taken for a header
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._stop_timer()  # the next part has its own
        self._reads_head, self._reads_body = False, True
        self._head_size = self._body_size = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._has_told = True
        self._body_size += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._stop_timer()
        self._reads_body, self._has_told, self._head_size = False, True, 0
        super().on_message_complete()

    def _stop_timer(self) -> None:
        """A part of the request is complete."""

    def _count(self, size: int) -> None:
        self._has_told = True
        self._head_size += size
        if self._head_size > self._limits.head_size:
            raise HeadTooLarge
