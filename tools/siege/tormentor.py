"""The tormentor: after every few answers, a fault. Its plan follows from the seed."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random

from tools.siege import clock
from tools.siege.faults import KILLS, OTHERS, Fault, Faults
from tools.siege.journal import Journal
from tools.siege.receiver import Receiver
from tools.siege.site import Site

LONGEST_SILENCE = 120.0  # seconds without any answer: then nobody answers any more


@dataclass
class Tormentor:
    """`apart` is how many answers are between two faults, on average."""

    site: Site
    receiver: Receiver
    journal: Journal
    random: Random
    apart: int
    only_kills: bool = False
    each_once: bool = False
    done: Counter[str] = field(default_factory=Counter)

    @property
    def kills(self) -> int:
        return sum(times for name, times in self.done.items() if name.startswith("kill_"))

    async def run(self, is_enough: Callable[[], bool]) -> None:
        faults = Faults(self.site, self.receiver, self.random)
        for fault in self._faults():
            await self._answers(self.random.randint(1, 2 * self.apart))
            if is_enough():
                break
            if await fault(faults) is not False:
                self.done[fault.__name__] += 1
        await asyncio.to_thread(self.site.revive)

    def _faults(self) -> Iterator[Fault]:
        table = self._table()
        if self.each_once:
            yield from self.random.sample(list(table), len(table))
            return
        while True:
            yield from self.random.choices(list(table), list(table.values()))

    def _table(self) -> Mapping[Fault, float]:
        others = {} if self.only_kills else dict(OTHERS[self.site.kind])
        if clock.COMPILER is None:
            others.pop(Faults.clock_jump, None)
        return {**KILLS[self.site.kind], **others}

    async def _answers(self, more: int) -> None:
        """Waits until the clients have so many more answers, however long that takes."""
        seen, since = self.journal.acknowledged, time.monotonic()
        aim = seen + more
        while self.journal.acknowledged < aim and not self.journal.wrong:
            await asyncio.sleep(0.005)
            if self.journal.acknowledged > seen:
                seen, since = self.journal.acknowledged, time.monotonic()
            elif time.monotonic() - since > LONGEST_SILENCE:
                self.journal.wrong.append(f"Nobody answered for {LONGEST_SILENCE:.0f} s.")
