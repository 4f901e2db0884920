"""Bodies of requests, which are read no further than they may be large."""

from __future__ import annotations

from starlette.requests import Request

MAX_BODY = 2_000_000


class TooLarge(Exception):
    """The body is larger than MAX_BODY."""

    def __init__(self) -> None:
        super().__init__(f"The body is larger than {MAX_BODY} bytes.")


def media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def body(request: Request) -> bytes:
    """The whole body, or TooLarge."""
    size = 0
    chunks = []
    async for chunk in request.stream():  # counted as it comes: a chunked body has no Content-Length
        size += len(chunk)
        if size > MAX_BODY:
            raise TooLarge
        chunks.append(chunk)
    return b"".join(chunks)
