"""Bodies of requests: read up to a limit, and no further."""

from __future__ import annotations

from starlette.requests import Request

MAX_BODY = 2_000_000


class BodyTooLarge(Exception):
    """The body is larger than MAX_BODY."""

    def __init__(self) -> None:
        super().__init__(f"The body is larger than {MAX_BODY} bytes.")


def media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def read_bytes(request: Request) -> bytes:
    """The whole body. Raises BodyTooLarge."""
    size = 0
    chunks = []
    async for chunk in request.stream():  # counted as it comes: a chunked body has no Content-Length
        size += len(chunk)
        if size > MAX_BODY:
            raise BodyTooLarge
        chunks.append(chunk)
    return b"".join(chunks)
