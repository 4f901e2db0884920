"""Rows by their ids: what several parts of a request ask for at the same time is read at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class _Batch:
    """Ids that are read together, and who waits for them."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.reading: asyncio.Future[Any] | None = None  # asyncio itself keeps no task alive
        self._waiting: list[asyncio.Future[None]] = []
        self._has_ended = False  # before others that somebody waits for too, perhaps
        self._failure: BaseException | None = None

    async def wait(self) -> None:
        """Raises what the reading fails with. Who is cancelled here leaves the rows to the others."""
        if not self._has_ended:
            done = asyncio.get_running_loop().create_future()
            self._waiting.append(done)
            await done
        elif self._failure is not None:
            raise self._failure

    def end(self, failure: BaseException | None = None) -> None:
        self._has_ended, self._failure = True, failure
        for done in self._waiting:
            if done.done():  # whoever waited was cancelled
                continue
            if failure is None:
                done.set_result(None)
            elif isinstance(failure, asyncio.CancelledError):
                done.cancel()
            else:
                done.set_exception(failure)


class Loader(Generic[T]):
    """For one request, of which it reads no row twice. What could not be read is read again."""

    def __init__(self, read: Callable[[Sequence[str]], Awaitable[Mapping[str, T]]]) -> None:
        self._read = read
        self._found: dict[str, T | None] = {}
        self._batches: dict[str, _Batch] = {}
        """The batch of each id that is being read, or will be."""
        self._next: _Batch | None = None

    def ask(self, id: str) -> None:
        """Has it read together with what is asked for now, because it will be loaded in any case."""
        if id not in self._found:
            self._batch_of(id)

    async def load(self, id: str) -> T | None:
        if id not in self._found:
            await self._batch_of(id).wait()
        return self._found[id]

    async def load_many(self, ids: Iterable[str]) -> list[T | None]:
        wanted = [*ids]
        for batch in dict.fromkeys([self._batch_of(id) for id in wanted if id not in self._found]):
            await batch.wait()
        return [self._found[id] for id in wanted]

    def prime(self, rows: Mapping[str, T | None]) -> None:
        """Keeps rows that were read in another way, so that they are not read again."""
        for id, row in rows.items():
            self._found.setdefault(id, row)

    def _batch_of(self, id: str) -> _Batch:
        batch = self._batches.get(id)
        if batch is None:
            if self._next is None:
                self._next = _Batch()
                # after all that begin in this iteration of the loop have asked
                asyncio.get_running_loop().call_soon(self._begin, self._next)
            batch = self._batches[id] = self._next
            batch.ids.append(id)
        return batch

    def _begin(self, batch: _Batch) -> None:
        self._next = None
        batch.reading = asyncio.ensure_future(self._read(batch.ids))
        batch.reading.add_done_callback(partial(self._end, batch))

    def _end(self, batch: _Batch, reading: asyncio.Future[Mapping[str, T]]) -> None:
        """What it fails with is raised where the rows are waited for."""
        failure = asyncio.CancelledError() if reading.cancelled() else reading.exception()
        if failure is None:
            found = reading.result()
            self.prime({id: found.get(id) for id in batch.ids})
        for id in batch.ids:
            del self._batches[id]
        batch.end(failure)
