"""The functions of a plan while they are written."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Function:
    """A function that reads an object. `cost` is what each object costs."""

    name: str
    cost: int


@dataclass(slots=True)
class Body:
    """What is written of a function so far."""

    lines: list[str] = field(default_factory=list)
    entries: list[str] = field(default_factory=list)
    """Of the dictionary that it returns."""
    waits: list[str] = field(default_factory=list)
    shared_waits: list[str] = field(default_factory=list)
    """Of many objects at once."""
    sized: list[str] = field(default_factory=list)
    """What the values cost beyond being there, as expressions."""
    cost: int = 0

    def written(self) -> list[str]:
        """The lines of the function."""
        lines = [*self.lines]
        if self.sized:
            lines.append(f"r.meter.spent += {' + '.join(self.sized)}")
        made = f"{{{', '.join(self.entries)}}}"
        if not (self.waits or self.shared_waits):
            return [*lines, f"return {made}"]
        calls = [f"r.calls.append({wait}(d, s, r))" for wait in self.waits]
        calls += [f"r.shared[{wait}].append((d, s))" for wait in self.shared_waits]
        return [*lines, f"d = {made}", *calls, "return d"]
