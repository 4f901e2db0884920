"""Threads that accounts share for what takes long or may hang. Each account has a few of them at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from resolvers.places import Places

T = TypeVar("T")


class SharedThreads:
    def __init__(self, threads: int, of_account: int, name: str) -> None:
        self._threads = ThreadPoolExecutor(threads, name)
        self._places = Places(of_account)

    async def run(self, account_id: str, call: Callable[[], T]) -> T:
        """The result of a call that blocks, in a thread.

        The account keeps its place until the call has ended, even if nobody waits for it any more.
        """
        if not self._places.take(account_id):
            await self._places.wait(account_id)
        try:
            running = self._threads.submit(call)
        except BaseException:
            self._places.leave(account_id)
            raise
        running.add_done_callback(lambda _: self._places.leave(account_id))
        return await asyncio.wrap_future(running)

    def close(self) -> None:
        """Does not wait for calls that hang."""
        self._threads.shutdown(wait=False, cancel_futures=True)
