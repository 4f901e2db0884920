"""Steps of many connections: so many a second together, one connection after the other.

A step is small, so whatever connections send, and however many they are, it takes a bounded share of the
event loop's time. Who has much to say waits for its next turn, and others do not wait for it.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

_PAUSE = 0.005  # seconds, where there is no more room, until some steps are taken together
_PAUSES = 3  # times as long as those took: on a busy machine they still leave most of the time to others


class Loop(Protocol):
    """An event loop, as far as steps need it."""

    def call_later(self, delay: float, callback: Callable[[], object], /) -> object: ...


class Stepper(Protocol):
    @property
    def loop(self) -> Loop: ...

    @property
    def has_step(self) -> bool:
        """Whether there is something to do."""

    def take_step(self) -> int:
        """Does it; returns what it cost. It may have nothing to do any more, and cost nothing."""


@dataclass(slots=True)
class Steps:
    """`burst` may be spent at once; after that, `rate` in a second."""

    rate: int
    burst: int
    clock: Callable[[], float] = time.monotonic
    _earned_at: float = 0.0  # the moment at which all that was spent is earned again
    _waiting: deque[Stepper] = field(default_factory=deque)
    _is_going: bool = False

    def ask(self, connection: Stepper) -> None:
        """It takes its steps now if there is room and nobody waits. It must not ask again while it waits."""
        self._waiting.append(connection)
        if not self._is_going:
            self._is_going = True
            self._go_on(connection.loop)

    def _go_on(self, loop: Loop) -> None:
        now = self.clock()
        self._earned_at = max(self._earned_at, now)
        while self._waiting and self._earned_at - now < self.burst / self.rate:
            connection = self._waiting.popleft()
            self._earned_at += connection.take_step() / self.rate
            if connection.has_step:
                self._waiting.append(connection)
        if self._waiting:
            loop.call_later(max(_PAUSE, (self.clock() - now) * _PAUSES), partial(self._go_on, loop))
        else:
            self._is_going = False
