"""Threads that read for the event loop. An account's reads of one iteration of the loop are run as a batch.

To find a row by its key takes a tenth of a millisecond. To hand it to a thread alone takes several times as
long, because the thread and the loop compete for the interpreter's lock at each step. So the reads of an
iteration are collected, a thread runs them while the loop waits, and wakes the loop once.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from invoicing.errors import QueryTimeout
from invoicing.storage.places import Owner, Places
from invoicing.storage.time_limit import Running, TimeLimit

MAX_BATCH = 16  # a slow read delays at most so many others
SLOW = 0.02  # seconds: the rest of a batch then comes after what others wait for

T = TypeVar("T")

Result = tuple[asyncio.Future[Any], Any, BaseException | None]


class Request(NamedTuple):
    """A read that waits for a thread since `asked`."""

    future: asyncio.Future[Any]
    call: Callable[[Any], Any]
    asked: float
    owner: Owner

    def is_wanted(self) -> bool:
        """Whether somebody waits for it: a future that is done before its result was cancelled."""
        return not self.future.done()


class Alone:
    """What each read of a thread is called with, where they share nothing."""

    def __init__(self, _: Running) -> None: ...

    def rest(self) -> None:
        """After one batch, before the next."""

    def close(self) -> None:
        """After the last."""


class Reader:
    """A read that takes longer than `limit`, in seconds, or that nobody waits for, is ended.

    One that has waited for a thread that long is not begun. Either raises QueryTimeout. An account's reads
    have `most` of the threads.
    """

    def __init__(
        self,
        threads: int,
        limit: float,
        *,
        most: int,
        share: Callable[[Running], Any] = Alone,
    ) -> None:
        """`share` makes what the reads of a thread share: each is called with it. See Alone."""
        self._share = share
        self._closed = False
        self._requests: dict[asyncio.AbstractEventLoop, list[Request]] = {}
        self._batches: Places[list[Request]] = Places(most)
        running = [Running() for _ in range(threads)]
        self._limit = TimeLimit(limit, running)
        self._threads = [
            threading.Thread(target=self._serve, args=(each,), name="read", daemon=True) for each in running
        ]
        for thread in self._threads:
            thread.start()

    def read(self, call: Callable[[Any], T], owner: Owner = None) -> asyncio.Future[T]:
        """The result of `call`, which runs in a thread; the event loop is not blocked."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        if loop not in self._requests:
            self._requests[loop] = []
            loop.call_soon(self._hand_over, loop)
        self._requests[loop].append(Request(future, call, time.monotonic(), owner))
        return future

    def close(self) -> None:
        """Finishes the reads that were handed over; later ones fail."""
        self._closed = True
        self._batches.close()
        for thread in self._threads:
            thread.join()
        self._limit.close()

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        requests = self._requests.pop(loop)
        if self._closed:
            _set_results([(future, None, RuntimeError("The database is closed.")) for future, *_ in requests])
            return
        by_owner: dict[Owner, list[Request]] = {}
        for request in requests:
            by_owner.setdefault(request.owner, []).append(request)
        for owner, some in by_owner.items():
            for start in range(0, len(some), MAX_BATCH):
                self._batches.put(owner, some[start : start + MAX_BATCH])

    def _serve(self, running: Running) -> None:
        shared = self._share(running)
        while (taken := self._batches.get()) is not None:
            owner, batch = taken
            while batch := self._rest(batch, running, shared):
                if self._batches.put_behind(owner, batch):
                    break
            else:
                self._batches.leave(owner)
        shared.close()

    def _rest(self, batch: list[Request], running: Running, shared: Any) -> list[Request]:
        """Reads the first of the batch for as long as its turn is. Returns what is left of it."""
        results: list[Result] = []
        ends, done = time.monotonic() + SLOW, 0
        while done < len(batch) and (not done or time.monotonic() <= ends):
            request = batch[done]
            done += 1
            if request.is_wanted():
                results.append((request.future, *self._outcome(request, running, shared)))
        shared.rest()
        try:
            batch[0].future.get_loop().call_soon_threadsafe(_set_results, results)
        except RuntimeError:  # the loop is closed, and nobody waits for the results
            return []
        return batch[done:]

    def _outcome(self, request: Request, running: Running, shared: Any) -> tuple[Any, BaseException | None]:
        if time.monotonic() - request.asked > self._limit.seconds:
            return None, QueryTimeout()
        running.expect(request.is_wanted)
        try:
            return request.call(shared), None
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
