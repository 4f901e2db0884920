"""Threads that read for the event loop. What waits is read and answered together: waking costs most.

A row found by its key takes a tenth of a millisecond. Handing it to a thread and back takes as much again,
most of it for the interpreter's lock and for waking the loop; what gathered meanwhile shares that.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

MOST = 8  # a slow read holds up no more than these

T = TypeVar("T")

Waiting = tuple[asyncio.Future[Any], Callable[[], Any]]
Answered = tuple[asyncio.Future[Any], Any, BaseException | None]


class Reader:
    def __init__(self, threads: int) -> None:
        self._waiting: queue.SimpleQueue[Waiting | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._serve, name=f"read-{number}", daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    async def read(self, call: Callable[[], T]) -> T:
        """What `call` answers, from a thread; the event loop goes on meanwhile."""
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.put((answer, call))
        return await answer

    def close(self) -> None:
        """Ends once what waits is read."""
        self._waiting.put(None)
        for thread in self._threads:
            thread.join()

    def _serve(self) -> None:
        while batch := self._gathered():
            answers: dict[asyncio.AbstractEventLoop, list[Answered]] = {}
            for answer, call in batch:
                answers.setdefault(answer.get_loop(), []).append((answer, *_outcome(call)))
            for loop, answered in answers.items():
                with suppress(RuntimeError):  # the loop has ended, and nobody waits any more
                    loop.call_soon_threadsafe(_give, answered)

    def _gathered(self) -> list[Waiting]:
        """What waits by now, a handful at most; waits for a first one. Nothing is the end."""
        batch: list[Waiting] = []
        with suppress(queue.Empty):
            while len(batch) < MOST:
                following = self._waiting.get(block=not batch)
                if following is None:
                    self._waiting.put(None)  # for the other threads, and for this one after the batch
                    break
                batch.append(following)
        return batch


def _outcome(call: Callable[[], Any]) -> tuple[Any, BaseException | None]:
    try:
        return call(), None
    except BaseException as failure:  # whatever it is, it is its caller's
        return None, failure


def _give(answered: list[Answered]) -> None:
    for answer, result, failure in answered:
        if answer.done():  # its request was cancelled
            continue
        if failure is None:
            answer.set_result(result)
        else:
            answer.set_exception(failure)
