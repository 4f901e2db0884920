"""Bodies of requests: read up to a limit, and no further; JSON with few enough parts.

What takes time is not how long a JSON text is, but of how many lists, objects and values it is made: half a
megabyte may be 200,000 empty lists, which take a second to make and to look through on the event loop.
"""

from __future__ import annotations

import re
from typing import Any

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive

MAX_BODY = 2_000_000  # bytes
MOST_PARTS = 20_000  # lists and objects: twice as many as an order of 5,000 items with their periods has
MOST_VALUES = 150_000  # enough for all fields of so many items
MOST_NAMES = 3_000  # of one object: no metadata has more

_TEXT = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)


class BodyTooLarge(Exception):
    """The body is larger than MAX_BODY, or has too many parts."""

    def __init__(self, message: str = f"The body is larger than {MAX_BODY} bytes.") -> None:
        super().__init__(message)


def media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def read_bytes(receive: Receive) -> bytes:
    """The whole body. Raises BodyTooLarge, or ClientDisconnect."""
    size = 0
    chunks: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])  # counted as it comes: a chunked body has no Content-Length
        if size > MAX_BODY:
            raise BodyTooLarge
        if not message.get("more_body", False):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def json_in(content: bytes) -> Any:
    """The JSON value of a body. Raises BodyTooLarge before it makes too many parts, or orjson's error."""
    if len(content) <= MOST_NAMES:  # it has no room for too many of anything
        return orjson.loads(content)
    if _has_too_many_parts(content) and _has_too_many_parts(_TEXT.sub(b"", content)):
        raise BodyTooLarge(f"The body has more than {MOST_PARTS} lists and objects, or {MOST_VALUES} values.")
    value = orjson.loads(content)
    if content.count(b":") > MOST_NAMES:
        _check_names(value)
    return value


def _has_too_many_parts(content: bytes) -> bool:
    return content.count(b"[") + content.count(b"{") > MOST_PARTS or content.count(b",") > MOST_VALUES


def _check_names(value: Any) -> None:
    """Refuses objects with very many names: a refusal of each would be written with all of them."""
    left = [value] if isinstance(value, dict | list) else []
    while left:
        part = left.pop()
        if isinstance(part, dict) and len(part) > MOST_NAMES:
            raise BodyTooLarge(f"An object in the body has more than {MOST_NAMES} names.")
        parts = part.values() if isinstance(part, dict) else part
        left += [each for each in parts if isinstance(each, dict | list)]
