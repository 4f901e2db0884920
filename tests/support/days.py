"""A named tuple with a value that is converted, a default and a property, to be read as a row."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple


class Day(NamedTuple):
    name: str
    on: date | None
    hours: int = 8

    @property
    def minutes(self) -> int:
        return self.hours * 60
