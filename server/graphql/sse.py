"""Results that go on, as server-sent events: GraphQL over SSE, in its distinct connections mode."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, suppress

from starlette.responses import Response, StreamingResponse
from starlette.types import Message, Send
from strawberry.http.streaming import SSETransport

from server.graphql.content_types import accepts, negotiate

EVENT_STREAM = "text/event-stream"
MOST_UNREAD_SECONDS = 30.0  # a client that reads nothing for that long is given up


def accepts_only_events(accept: str) -> bool:
    """Whether even an operation with one result has to be answered with an event."""
    return negotiate(accept) is None and accepts(accept, EVENT_STREAM)


class EventEncoding(SSETransport):
    """Ends lines with LF: some clients read no event whose lines end in CRLF, as Strawberry's do."""

    def encode_event(self, event: str, data: str | None = None) -> str:
        return super().encode_event(event, data).replace("\r\n", "\n")

    def encode_comment(self, comment: str) -> str:
        return super().encode_comment(comment).replace("\r\n", "\n")


class EventStreams:
    """Makes the event streams of a server, and ends them once `ending` is set."""

    def __init__(self, ending: asyncio.Event) -> None:
        self._ending = ending
        self._closing: set[asyncio.Future[None]] = set()  # asyncio itself keeps no task alive

    def response(self, events: AsyncIterator[str], headers: Mapping[str, str]) -> Response:
        return EventStreamResponse(self._until_ending(events), headers)

    async def _until_ending(self, events: AsyncIterator[str]) -> AsyncGenerator[str, None]:
        """The events, cut off when the server ends: without `complete`, so that the client connects again."""
        ending = asyncio.ensure_future(self._ending.wait())
        step = asyncio.ensure_future(anext(events))
        try:
            while True:
                await asyncio.wait((step, ending), return_when=asyncio.FIRST_COMPLETED)
                if ending.done():
                    return
                try:
                    event = step.result()
                except StopAsyncIteration:
                    return
                yield event
                step = asyncio.ensure_future(anext(events))
        finally:
            ending.cancel()
            closing = asyncio.ensure_future(_close(events, step))
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)
            await asyncio.shield(closing)


class EventStreamResponse(StreamingResponse):
    """Closes the events as soon as the client is gone, not when they are garbage-collected."""

    def __init__(self, events: AsyncGenerator[str, None], headers: Mapping[str, str]) -> None:
        super().__init__(events, headers=headers)
        self._events = events

    async def stream_response(self, send: Send) -> None:
        async def send_in_time(message: Message) -> None:
            async with asyncio.timeout(MOST_UNREAD_SECONDS):
                await send(message)

        with suppress(TimeoutError):
            async with aclosing(self._events):
                await super().stream_response(send_in_time)


async def _close(events: AsyncIterator[str], step: asyncio.Future[str]) -> None:
    """Runs as a task of its own: if the client is gone, its task is cancelled at whatever it waits for."""
    step.cancel()
    await asyncio.wait((step,))
    if not step.cancelled():
        step.exception()  # nobody is left to be told
    if isinstance(events, AsyncGenerator):
        await events.aclose()
