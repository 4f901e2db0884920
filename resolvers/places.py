"""How much one may take at once of what all share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import get_ident


@dataclass(slots=True)
class _Holder:
    taken: int = 0
    waiting: list[asyncio.Future[None]] = field(default_factory=list)


class Places:
    """Each holder has `most` places; whoever wants one more waits for a turn. For an event loop's thread."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._holders: dict[str, _Holder] = {}

    async def enter(self, holder: str) -> Callable[[], None]:
        """Takes a place, when there is one. Returns what gives it back, which any thread may call."""
        loop = asyncio.get_running_loop()
        held = self._holders.setdefault(holder, _Holder())
        if held.taken < self._most:
            held.taken += 1
        else:
            await self._wait(holder, held)

        thread = get_ident()

        def leave() -> None:
            if get_ident() == thread:
                self._leave(holder, held)
                return
            try:
                loop.call_soon_threadsafe(self._leave, holder, held)
            except RuntimeError:  # the loop has ended, and with it all who could wait
                self._leave(holder, held)

        return leave

    async def _wait(self, holder: str, held: _Holder) -> None:
        turn = asyncio.get_running_loop().create_future()
        held.waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn in held.waiting:
                held.waiting.remove(turn)
            elif not turn.cancelled():
                self._leave(holder, held)  # the place came at the same moment
            raise

    def _leave(self, holder: str, held: _Holder) -> None:
        """Hands the place to who waits longest, or gives it up."""
        while held.waiting:
            turn = held.waiting.pop(0)
            if not turn.done():
                turn.set_result(None)
                return
        held.taken -= 1
        if held.taken == 0:
            self._holders.pop(holder, None)

    def __len__(self) -> int:
        """The places that are taken."""
        return sum(held.taken for held in self._holders.values())
