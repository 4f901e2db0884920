"""Calls that wait for a disk or a network, several at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

_THREADS = 8

A = TypeVar("A")
T = TypeVar("T")


def at_once(each: Iterable[A], call: Callable[[A], T]) -> Iterator[tuple[A, T]]:
    """Each with what the call says of it, in their order; only a few results are kept in memory."""
    with ThreadPoolExecutor(_THREADS, "transfer") as threads:
        begun: deque[tuple[A, Future[T]]] = deque()
        try:
            for argument in each:
                begun.append((argument, threads.submit(call, argument)))
                if len(begun) > _THREADS:
                    first, result = begun.popleft()
                    yield first, result.result()
            for first, result in begun:
                yield first, result.result()
        finally:
            threads.shutdown(cancel_futures=True)
