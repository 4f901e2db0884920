"""How long a worker waits after the database failed: longer each time, so that it does not hammer at it."""

from __future__ import annotations

LONGEST = 15.0  # seconds


class Backoff:
    """`seconds` is what to wait: `first` as long as all goes well, then twice as long with each failure."""

    def __init__(self, first: float) -> None:
        self.first = self.seconds = first

    def succeeded(self) -> None:
        self.seconds = self.first

    def failed(self) -> None:
        self.seconds = min(2 * self.seconds, LONGEST)

    @property
    def has_failed(self) -> bool:
        return self.seconds > self.first
