"""Work that waits for a thread: of each account in its order, of several accounts in turns."""

from __future__ import annotations

import queue
import threading
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")

Owner = str | None
"""The account whose work it is; None for the server's own."""


class Places(Generic[T]):
    """A queue that gives out at most `most` pieces of an account's work until it is told that one is done.

    The server's own work has no such limit. What waits for a place comes after what others put meanwhile.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._ready: queue.SimpleQueue[tuple[Owner, T] | None] = queue.SimpleQueue()
        self._taken: dict[Owner, int] = {}
        self._waiting: dict[Owner, deque[T]] = {}
        self._closed = False

    def put(self, owner: Owner, work: T) -> None:
        if owner is None:
            self._ready.put((owner, work))
            return
        with self._lock:
            taken = self._taken.get(owner, 0)
            if taken < self._most:
                self._taken[owner] = taken + 1
                self._ready.put((owner, work))
            else:
                self._waiting.setdefault(owner, deque()).append(work)

    def get(self, *, wait: bool = True) -> tuple[Owner, T] | None:
        """The next work and whose it is; None once it is closed and nothing is left. Else raises Empty."""
        taken = self._ready.get(wait)
        if taken is None:
            self._ready.put(None)  # for the other threads
        return taken

    def is_empty(self) -> bool:
        """Whether nothing waits at this moment, for a place or to be taken."""
        with self._lock:
            return self._ready.empty() and not any(self._waiting.values())

    def put_behind(self, owner: Owner, rest: T) -> bool:
        """Interrupts a piece of work: its rest keeps its place, and comes after what others have put.

        False if it is closed: nothing is taken after that, and the rest is to be done now.
        """
        with self._lock:
            if not self._closed:
                self._ready.put((owner, rest))
            return not self._closed

    def leave(self, owner: Owner) -> None:
        """A piece of this account's work is done: its next one may be taken."""
        if owner is None:
            return
        with self._lock:
            if waiting := self._waiting.get(owner):
                self._ready.put((owner, waiting.popleft()))
                return
            self._waiting.pop(owner, None)
            self._taken[owner] -= 1
            if not self._taken[owner]:
                del self._taken[owner]

    def close(self) -> None:
        """Gives out all that waits, then nothing more."""
        with self._lock:
            self._closed = True
            for owner, waiting in self._waiting.items():
                for work in waiting:
                    self._taken[owner] += 1
                    self._ready.put((owner, work))
            self._waiting.clear()
            self._ready.put(None)
