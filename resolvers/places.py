"""How much one may take at once of what all share."""

from __future__ import annotations

import asyncio
from threading import get_ident


class _Holder:
    __slots__ = ("loop", "taken", "thread", "waiting")

    def __init__(self) -> None:
        self.taken = 0
        self.waiting: list[asyncio.Future[None]] = []
        self.loop = asyncio.get_running_loop()
        self.thread = get_ident()


class Places:
    """Each holder has `most` places; whoever wants one more waits for a turn. For an event loop's thread.

    Whoever can `take` a place, or has waited for one, is to `leave` it.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._holders: dict[str, _Holder] = {}

    def take(self, holder: str) -> bool:
        """Takes a place, if there is one."""
        held = self._holders.get(holder)
        if held is None:
            held = self._holders[holder] = _Holder()
        if held.taken >= self._most:
            return False
        held.taken += 1
        return True

    async def wait(self, holder: str) -> None:
        """Waits for a place where there was none to take."""
        held = self._holders[holder]
        turn = asyncio.get_running_loop().create_future()
        held.waiting.append(turn)
        try:
            await turn
        except BaseException:
            if turn in held.waiting:
                held.waiting.remove(turn)
            elif turn.done() and not turn.cancelled():
                self._leave(holder, held)  # the place came at the same moment
            turn.cancel()  # for a place that is on its way
            raise

    def leave(self, holder: str) -> None:
        """Gives a place back. Any thread may."""
        held = self._holders[holder]
        if get_ident() == held.thread:
            self._leave(holder, held)
            return
        try:
            held.loop.call_soon_threadsafe(self._leave, holder, held)
        except RuntimeError:  # the loop has ended
            self._leave(holder, held)

    def _leave(self, holder: str, held: _Holder) -> None:
        """Hands the place to who waits longest, or gives it up."""
        while held.waiting:
            turn = held.waiting.pop(0)
            if turn.done():
                continue
            loop = turn.get_loop()
            if loop is held.loop:
                turn.set_result(None)
                return
            try:  # who took the first place had another loop, which may have ended since
                loop.call_soon_threadsafe(self._hand_over, turn, holder, held)
            except RuntimeError:  # so has this one
                continue
            return
        held.taken -= 1
        if held.taken == 0:
            self._holders.pop(holder, None)

    def _hand_over(self, turn: asyncio.Future[None], holder: str, held: _Holder) -> None:
        if turn.done():
            self._leave(holder, held)
        else:
            turn.set_result(None)

    def __len__(self) -> int:
        """The places that are taken."""
        return sum(held.taken for held in self._holders.values())
