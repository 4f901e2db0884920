"""A rate, as it stands in the settings: `50/s burst 200`."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

OFF = "off"
HOW = "write `50/s burst 200` (requests a second, and how many may come at once; `/m` and `/h` too), or `off`"

_RATE = re.compile(r"(\d{1,7})\s*/\s*([smh])(?:\s+burst\s+(\d{1,9}))?", re.IGNORECASE)
_SECONDS = {"s": 1, "m": 60, "h": 3_600}


@dataclass(frozen=True, slots=True)
class Rate:
    """`burst` requests may come at once; after that, `number` in as many `seconds`."""

    number: int
    seconds: int
    burst: int

    @classmethod
    def parse(cls, text: str) -> Rate | None:
        """The rate, None for `off`. Raises ValueError with what to write instead."""
        if text.strip().lower() == OFF:
            return None
        found = _RATE.fullmatch(text.strip())
        if not found:
            raise ValueError(f"“{text}” is no rate: {HOW}")
        rate = cls(int(found[1]), _SECONDS[found[2].lower()], int(found[3] or found[1]))
        if not rate.number or not rate.burst:
            raise ValueError(f"“{text}” lets nothing through: {HOW}")
        return rate

    def times(self, factor: int) -> Rate:
        return replace(self, number=self.number * factor, burst=self.burst * factor)

    @property
    def window(self) -> int:
        """Seconds in which an empty bucket is full again, rounded up."""
        return -(-self.burst * self.seconds // self.number)
