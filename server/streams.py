"""Answers that go on: server-sent events, as GraphQL over SSE has them in its distinct connections mode."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress

from graphql import GraphQLError, OperationDefinitionNode, OperationType, parse

from schema.caching import MOST_TOKENS
from server.media import accepts, negotiated


def are_all_that_is_taken(accept: str) -> bool:
    """What has one answer comes as an event too then."""
    return negotiated(accept) is None and accepts(accept, "text/event-stream")


def is_subscription(document: str, operation: str | None) -> bool:
    """Whether what is asked for goes on. Few documents are parsed here: the word is in few."""
    if "subscription" not in document:
        return False
    try:
        definitions = parse(document, max_tokens=MOST_TOKENS).definitions
    except GraphQLError:  # told where it is executed
        return False
    return any(
        isinstance(each, OperationDefinitionNode)
        and each.operation is OperationType.SUBSCRIPTION
        and (operation is None or (each.name is not None and each.name.value == operation))
        for each in definitions
    )


async def until(ending: asyncio.Event, stream: AsyncIterator[str]) -> AsyncIterator[str]:
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
        step.cancel()
        with suppress(asyncio.CancelledError, StopAsyncIteration):
            await step
        if isinstance(stream, AsyncGenerator):
            await stream.aclose()
