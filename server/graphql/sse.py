"""Answers that go on: server-sent events, as GraphQL over SSE has them in its distinct connections mode."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, suppress

from starlette.responses import StreamingResponse
from starlette.types import Message, Send

from server.graphql.content_types import accepts, negotiated

EVENTS = "text/event-stream"
STALLED = 30.0  # seconds that somebody may leave unread what they asked for


def are_all_that_is_taken(accept: str) -> bool:
    """What has one answer comes as an event too then."""
    return negotiated(accept) is None and accepts(accept, EVENTS)


class Events(StreamingResponse):
    """Closes what it streams when its caller is gone, and not some time later."""

    def __init__(self, events: AsyncGenerator[str, None], headers: Mapping[str, str]) -> None:
        super().__init__(events, headers=headers)
        self._events = events

    async def stream_response(self, send: Send) -> None:
        async def sent(message: Message) -> None:
            async with asyncio.timeout(STALLED):
                await send(message)

        with suppress(TimeoutError):  # a caller who reads nothing any more is as good as gone
            async with aclosing(self._events):
                await super().stream_response(sent)


async def until(ending: asyncio.Event, stream: AsyncIterator[str]) -> AsyncGenerator[str, None]:
    """The stream, cut off when the server ends: not `complete`, so its client comes again."""
    end = asyncio.ensure_future(ending.wait())
    step = asyncio.ensure_future(anext(stream))
    try:
        while True:
            await asyncio.wait((step, end), return_when=asyncio.FIRST_COMPLETED)
            if end.done():
                return
            try:
                chunk = step.result()
            except StopAsyncIteration:
                return
            yield chunk
            step = asyncio.ensure_future(anext(stream))
    finally:
        end.cancel()
        closing = asyncio.ensure_future(_closed(stream, step))
        _CLOSING.add(closing)
        closing.add_done_callback(_CLOSING.discard)
        await asyncio.shield(closing)


async def _closed(stream: AsyncIterator[str], step: asyncio.Future[str]) -> None:
    """In a task of its own: that of a caller who is gone is cancelled at whatever it waits for."""
    step.cancel()
    await asyncio.wait((step,))
    if not step.cancelled():
        step.exception()  # nobody is left to be told
    if isinstance(stream, AsyncGenerator):
        await stream.aclose()


_CLOSING: set[asyncio.Future[None]] = set()
"""The loop itself keeps no task alive."""
