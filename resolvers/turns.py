"""How long work on the event loop may take at once before others have their turn.

Everything that an event loop does for one request holds up all other requests, however small they are. So
whoever builds something large looks at the clock between its parts, and waits when the time is over: the loop
then looks at its sockets, and of all who wait it lets one go on. A turn is that of the whole loop, so many
large answers at the same time hold it up no longer than one. Accounts go on one after the other: who waits
for a turn waits for one of each other account, however many of its answers wait too.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from time import perf_counter

from resolvers.per_loop import PerLoop

LONGEST = 0.01  # seconds
STEPS = 5  # of the event loop between two turns: what a small request takes from its bytes to its answer
LEVELS = 8  # of tasks that start tasks, each of which begins in the next turn


class Turns:
    """The turns of one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._call_soon = loop.call_soon
        self._create_future = loop.create_future
        self._began: float | None = None
        self._is_ending = False
        self._waiting: OrderedDict[str | None, deque[asyncio.Future[None]]] = OrderedDict()

    def is_over(self) -> bool:
        """Whether as much was done as may be in this turn, which begins when this is asked first."""
        now = perf_counter()
        if self._began is None:
            self._began = now
            self._end_soon()
        return now - self._began > LONGEST

    async def next(self, account_id: str | None = None) -> None:
        """Waits for another turn, which is one of the account's."""
        turn = self._create_future()
        self._waiting.setdefault(account_id, deque()).append(turn)
        self._end_soon()
        await turn
        self.is_over()  # begins it

    def _end_soon(self) -> None:
        if not self._is_ending:
            self._is_ending = True
            self._call_soon(self._end, STEPS)

    def _end(self, steps: int) -> None:
        """Ends the turn, and lets the next who waits begin after so many steps of the loop."""
        self._began = None
        if steps and self._waiting:
            self._call_soon(self._end, steps - 1)
            return
        self._is_ending = False
        while self._waiting:
            turn = self._taken()
            if not turn.done():  # it is when its request was cancelled
                turn.set_result(None)
                break
        if self._waiting:
            self._end_soon()

    def _taken(self) -> asyncio.Future[None]:
        """The next turn of the account that has had none for longest, which is the last one from now on."""
        account_id, turns = self._waiting.popitem(last=False)
        turn = turns.popleft()
        if turns:
            self._waiting[account_id] = turns
        return turn


turns = PerLoop(Turns).get
"""Those of the running event loop."""


class Pace:
    """How the parts of one request wait for their turns."""

    def __init__(self, account_id: str | None = None) -> None:
        self._account_id = account_id
        self._waiting = 0

    @property
    def is_waiting(self) -> bool:
        """Whether some part waits for its turn."""
        return self._waiting > 0

    async def keep(self, current: Turns | None = None) -> None:
        """Waits for another turn if this one is over."""
        current = current or turns()
        if current.is_over():
            self._waiting += 1
            try:
                await current.next(self._account_id)
            finally:
                self._waiting -= 1

    async def all_had_turns(self) -> None:
        """Waits until no part waits any more, and until what followed from that has begun."""
        quiet = 0
        while quiet < LEVELS:
            await asyncio.sleep(0)
            quiet = 0 if self._waiting else quiet + 1
