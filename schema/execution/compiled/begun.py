"""What several coroutines come to, where most of them have nothing to wait for.

A task for each, as `asyncio.gather` makes, takes longer than to read what is there already. So each runs in
the task of its caller until it waits, and only what waits becomes a task of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, NoReturn

Call = Coroutine[Any, Any, None]


async def all_ended(calls: Sequence[Call]) -> None:
    """Waits until all have ended, and raises what the first of them, in their order, failed with."""
    failures: dict[int, BaseException] = {}
    waiting: dict[int, _Waiting] = {}
    for place, call in enumerate(calls):
        try:
            waiting[place] = _Waiting(call)
        except StopIteration:
            pass
        except (Exception, asyncio.CancelledError) as failure:
            failures[place] = failure
    if waiting:
        outcomes = await asyncio.gather(*waiting.values(), return_exceptions=True)
        ended = zip(waiting, outcomes, strict=True)
        failures |= {place: outcome for place, outcome in ended if isinstance(outcome, BaseException)}
    if failures:
        raise failures[min(failures)]


class _Waiting(Coroutine[Any, Any, None]):
    """What is left of a coroutine for a task. To make it raises StopIteration where nothing is."""

    __slots__ = ("_call", "_first", "_is_begun")

    def __init__(self, call: Call) -> None:
        self._call = call
        self._is_begun = False
        self._first = call.send(None)
        if asyncio.isfuture(self._first):
            self._first._asyncio_future_blocking = False  # as a task does, so that others may wait for it too

    def send(self, value: Any) -> Any:
        if self._is_begun:
            return self._call.send(value)
        self._is_begun = True
        if asyncio.isfuture(self._first):
            self._first._asyncio_future_blocking = True  # as `await` does
        return self._first

    def throw(self, *failure: Any) -> Any:
        self._is_begun = True  # also by a cancellation before the task's first step
        return self._call.throw(*failure)

    def close(self) -> None:
        self._call.close()

    def __await__(self) -> NoReturn:
        raise TypeError("It is for a task.")
