"""Threads that read for the event loop. All reads of one iteration of the loop are run as a batch.

To find a row by its key takes a tenth of a millisecond. To hand it to a thread alone takes several times as
long, because the thread and the loop compete for the interpreter's lock at each step. So the reads of an
iteration are collected, a thread runs them while the loop waits, and wakes the loop once.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

MAX_BATCH = 16  # a slow read delays at most so many others

T = TypeVar("T")

Request = tuple[asyncio.Future[Any], Callable[[], Any]]
Result = tuple[asyncio.Future[Any], Any, BaseException | None]


class Reader:
    def __init__(self, threads: int) -> None:
        self._closed = False
        self._requests: dict[asyncio.AbstractEventLoop, list[Request]] = {}
        self._batches: queue.SimpleQueue[list[Request] | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._serve, name="read", daemon=True) for _ in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    async def read(self, call: Callable[[], T]) -> T:
        """The result of `call`, which runs in a thread; the event loop is not blocked."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        if loop not in self._requests:
            self._requests[loop] = []
            loop.call_soon(self._hand_over, loop)
        self._requests[loop].append((future, call))
        return await future

    def close(self) -> None:
        """Finishes the reads that were handed over; later ones fail."""
        self._closed = True
        self._batches.put(None)
        for thread in self._threads:
            thread.join()

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        requests = self._requests.pop(loop)
        if self._closed:
            _set_results([(future, None, RuntimeError("The database is closed.")) for future, _ in requests])
            return
        for start in range(0, len(requests), MAX_BATCH):
            self._batches.put(requests[start : start + MAX_BATCH])

    def _serve(self) -> None:
        while (batch := self._batches.get()) is not None:
            loop = batch[0][0].get_loop()
            results = [(future, *_outcome(call)) for future, call in batch]
            with suppress(RuntimeError):  # the loop is closed, and nobody waits for the results
                loop.call_soon_threadsafe(_set_results, results)
        self._batches.put(None)  # for the other threads


def _outcome(call: Callable[[], Any]) -> tuple[Any, BaseException | None]:
    try:
        return call(), None
    except BaseException as failure:  # any exception is raised in the caller
        return None, failure


def _set_results(results: list[Result]) -> None:
    for future, result, failure in results:
        if future.done():  # its request was cancelled
            continue
        if failure is None:
            future.set_result(result)
        else:
            future.set_exception(failure)
