"""Token buckets: one for each name, full at first, filled again at the rate."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import NamedTuple

from server.rate_limits.rate import Rate

_ROUNDING = 1e-6  # seconds; times are floats, so a bucket may seem empty by less than that


class Quota(NamedTuple):
    """What is left in a bucket. `wait` is 0 if there was something to take, `full_in` when all is back."""

    left: int
    full_in: float
    wait: float


class Buckets:
    """A bucket is kept as the moment at which it will be full (the generic cell rate algorithm).

    At most `most` are kept; the one that was used longest ago is forgotten, and full again.
    """

    def __init__(self, rate: Rate, most: int) -> None:
        self.rate = rate
        self._most = most
        self._each = rate.seconds / rate.number
        self._whole = rate.burst * self._each
        self._full_at: OrderedDict[Hashable, float] = OrderedDict()

    def take(self, name: Hashable, now: float) -> Quota:
        """Takes one if there is one."""
        full_in = max(self._full_at.get(name, now) - now, 0.0)
        wait = full_in + self._each - self._whole
        if wait > _ROUNDING:
            return Quota(0, full_in, wait)
        full_in += self._each
        self._keep(name, now + full_in)
        return Quota(int((self._whole - full_in + _ROUNDING) / self._each), full_in, 0.0)

    def give_back(self, name: Hashable) -> None:
        """One that was taken and turned out not to count."""
        if name in self._full_at:
            self._full_at[name] -= self._each

    def take_elsewhere(self, name: Hashable, number: int, now: float) -> None:
        """So many were taken of the same bucket on other servers: more perhaps than was in it."""
        full_in = max(self._full_at.get(name, now) - now, 0.0) + number * self._each
        self._keep(name, now + min(full_in, self._whole))

    def _keep(self, name: Hashable, full_at: float) -> None:
        self._full_at[name] = full_at
        self._full_at.move_to_end(name)
        if len(self._full_at) > self._most:
            self._full_at.popitem(last=False)

    def __len__(self) -> int:
        return len(self._full_at)
