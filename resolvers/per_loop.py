"""What each event loop has one of."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class PerLoop(Generic[T]):
    """Made when a loop first asks for it, and forgotten after the loop was closed and another one asks."""

    def __init__(self, make: Callable[[asyncio.AbstractEventLoop], T]) -> None:
        self._make = make
        self._made: dict[asyncio.AbstractEventLoop, T] = {}
        self._lock = Lock()

    def get(self) -> T:
        """That of the running loop."""
        loop = asyncio.get_running_loop()
        made = self._made.get(loop)
        if made is None:
            made = self._make(loop)
            with self._lock:  # other threads may have loops too
                kept = {each: its for each, its in self._made.items() if not each.is_closed()}
                self._made = {**kept, loop: made}
        return made
