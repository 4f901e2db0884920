"""Threads that read for the event loop. What one turn of the loop asks for is read and answered together.

A row found by its key takes a tenth of a millisecond. Handed over by itself it takes several times as long:
the thread and the loop take the interpreter's lock from each other at every step. So the loop first ends
its turn, then a thread reads all that was asked in it, while the loop waits, and wakes it once.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

MOST = 16  # a slow read holds up no more than these

T = TypeVar("T")

Waiting = tuple[asyncio.Future[Any], Callable[[], Any]]
Answered = tuple[asyncio.Future[Any], Any, BaseException | None]


class Reader:
    def __init__(self, threads: int) -> None:
        self._closed = False
        self._asked: dict[asyncio.AbstractEventLoop, list[Waiting]] = {}
        self._batches: queue.SimpleQueue[list[Waiting] | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._serve, name="read", daemon=True) for _ in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    async def read(self, call: Callable[[], T]) -> T:
        """What `call` answers, from a thread; the event loop goes on meanwhile."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        if loop not in self._asked:
            self._asked[loop] = []
            loop.call_soon(self._hand_over, loop)
        self._asked[loop].append((answer, call))
        return await answer

    def close(self) -> None:
        """Ends once what was handed over is read; what is asked after that fails."""
        self._closed = True
        self._batches.put(None)
        for thread in self._threads:
            thread.join()

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        asked = self._asked.pop(loop)
        if self._closed:
            _give([(answer, None, RuntimeError("The database is closed.")) for answer, _ in asked])
            return
        for start in range(0, len(asked), MOST):
            self._batches.put(asked[start : start + MOST])

    def _serve(self) -> None:
        while (batch := self._batches.get()) is not None:
            loop = batch[0][0].get_loop()
            answered = [(answer, *_outcome(call)) for answer, call in batch]
            with suppress(RuntimeError):  # the loop has ended, and nobody waits any more
                loop.call_soon_threadsafe(_give, answered)
        self._batches.put(None)  # for the other threads


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
