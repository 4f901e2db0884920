"""How large the head of a request is, before it is complete.

The parser keeps a header until it is complete, and the time that it needs grows with the square of the
header's length. So it is given slices, and no more of them than the limit.
"""

from __future__ import annotations

from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from server.connections.config import GuardedConfig

SLICE = 4_096  # bytes; most requests have one
_AROUND = 4  # bytes around a header's name and value: `: ` and the end of the line


class HeadTooLarge(Exception):
    """Request line and headers, or all that is not data in a body, are larger than the limit."""


class MeasuredHttp(HttpToolsProtocol):
    """Knows which part of a request is being read, and how much of it has come."""

    def __init__(self, config: GuardedConfig, *args: Any, **options: Any) -> None:
        super().__init__(config, *args, **options)
        self._limits = config.guard.limits
        self._reads_head = self._reads_body = False
        self._untold = 0  # bytes in slices of which the parser told neither a part of a request nor data
        self._has_told = False  # of the slice that it was given last
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
        if self._untold > self._limits.head_size:
            raise HeadTooLarge

    def on_message_begin(self) -> None:
        self._has_told = self._reads_head = True
        self._untold = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._stop_timer()  # the next part has its own
        if self._untold + 2 * SLICE > self._limits.head_size:  # it began and ends somewhere in a slice
            self._check_head()
        self._has_told = self._reads_body = True
        self._reads_head = False
        self._untold = self._body_size = 0
        super().on_headers_complete()
        if not self.parser.should_upgrade():
            self.headers = []  # or trailers would be added to them

    def on_body(self, body: bytes) -> None:
        self._has_told = True
        self._body_size += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._stop_timer()
        self._has_told, self._reads_body = True, False
        super().on_message_complete()

    def _stop_timer(self) -> None:
        """A part of the request is complete."""

    def _check_head(self) -> None:
        size = len(self.url) + sum(len(name) + len(value) + _AROUND for name, value in self.headers)
        if size > self._limits.head_size:
            raise HeadTooLarge
