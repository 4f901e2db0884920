"""The functions of a plan while they are written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Function:
    """A function that reads an object. `cost` is what each object costs."""

    name: str
    cost: int
    beside: Sequence[str] = ()
    """Of one that reads an object's row: names of what gives the rows beside it, which it takes with it."""

    def reading(self, value: str) -> str:
        """What reads a list's rows with it."""
        if not self.beside:
            return f"objects({value}.rows, {self.name}, {self.cost}, r)"
        beside = ", ".join([f"{each}({value})" for each in self.beside])
        return f"objects([*zip({value}.rows, {beside}, strict=True)], {self.name}, {self.cost}, r)"


@dataclass(slots=True)
class Body:
    """What is written of a function so far."""

    row: str = "s.row"
    """What gives the row of the object that is read."""
    lines: list[str] = field(default_factory=list)
    entries: list[str] = field(default_factory=list)
    """Of the dictionary that it returns."""
    waits: list[str] = field(default_factory=list)
    shared_waits: list[str] = field(default_factory=list)
    """Of many objects at once."""
    sized: list[str] = field(default_factory=list)
    """What the values cost beyond being there, as expressions."""
    beside: list[str] = field(default_factory=list)
    """Of an object's row: what gives the rows b0, b1 and so on beside it."""
    cost: int = 0

    @property
    def made(self) -> str:
        """What makes the dictionary."""
        return f"{{{', '.join(self.entries)}}}"

    def written(self) -> list[str]:
        """The lines of the function."""
        lines = [*self.lines]
        if self.beside:
            rows = ["s", *[f"b{place}" for place in range(len(self.beside))]]
            lines.insert(0, f"{', '.join(rows)} = s")
        if self.sized:
            lines.append(f"r.meter.spent += {' + '.join(self.sized)}")
        if not (self.waits or self.shared_waits):
            return [*lines, f"return {self.made}"]
        calls = [f"r.calls.append({wait}(d, s, r))" for wait in self.waits]
        calls += [f"r.shared[{wait}].append((d, s))" for wait in self.shared_waits]
        return [*lines, f"d = {self.made}", *calls, "return d"]
