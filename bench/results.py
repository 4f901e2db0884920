"""What a run is and what it finds: one line of the table each."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from bench.homes import Homes

HEADER = "| measured | | limit | ratio | to reach | reached |\n| --- | ---: | ---: | ---: | ---: | --- |"


@dataclass(frozen=True, slots=True)
class Run:
    """How long to measure, and where. A round measures all contenders once, in turn."""

    homes: Homes
    rounds: int = 3
    seconds: int = 4
    quick: bool = False

    def size(self, count: int) -> int:
        """Of what is prepared or stored: a tenth will do for a quick run."""
        return count // 10 if self.quick else count


@dataclass(frozen=True, slots=True)
class Result:
    what: str
    measured: str
    limit: str = ""
    ratio: str = ""
    to_reach: str = ""
    reached: bool | None = None
    invalid: str = ""

    def __str__(self) -> str:
        reached = {True: "yes", False: "**no**", None: ""}[self.reached]
        verdict = f"invalid: {self.invalid}" if self.invalid else reached
        cells = (self.what, self.measured, self.limit, self.ratio, self.to_reach, verdict)
        return f"| {' | '.join(cells)} |"


def compared(
    what: str,
    measured: Sequence[float],
    limits: Sequence[float],
    *,
    unit: str = "/s",
    least: float | None = None,
    most: float | None = None,
    errors: int = 0,
) -> Result:
    """Medians of the rounds; the ratio is that of the rounds' own ratios, with the lowest and highest."""
    ratios = [rate / limit for rate, limit in zip(measured, limits, strict=True)]
    ratio = statistics.median(ratios)
    bounds = [f"≥ {least}"] * (least is not None) + [f"≤ {most}"] * (most is not None)
    reached = (least is None or ratio >= least) and (most is None or ratio <= most)
    return Result(
        what,
        f"{statistics.median(measured):,.0f}{unit}",
        f"{statistics.median(limits):,.0f}{unit}",
        f"{ratio:.3f} ({min(ratios):.3f}-{max(ratios):.3f})",
        ", ".join(bounds),
        reached if bounds else None,
        f"{errors} errors" if errors else "",
    )


def cpu(what: str, measured: Sequence[float], limits: Sequence[float]) -> Result:
    """The same in CPU milliseconds for one, of the server's process alone: it is less disturbed by others."""
    ratio = statistics.median(limit / took for took, limit in zip(measured, limits, strict=True))
    ours, limit = statistics.median(measured), statistics.median(limits)
    return Result(f"{what}: CPU for one", f"{ours:.2f} ms", f"{limit:.2f} ms", f"{ratio:.3f}")
