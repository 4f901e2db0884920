"""A run of the benchmark, and its results: one line of the table each."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from bench.homes import Homes

HEADER = "| measured | | limit | ratio | to reach | reached |\n| --- | ---: | ---: | ---: | ---: | --- |"


@dataclass(frozen=True, slots=True)
class Run:
    """How long to measure, and on which databases. A round measures each contender once."""

    homes: Homes
    rounds: int = 3
    seconds: int = 4
    quick: bool = False

    def size(self, count: int) -> int:
        """The number of things to prepare; a tenth in a quick run."""
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


def comparison(
    what: str,
    measured: Sequence[float],
    limits: Sequence[float],
    *,
    unit: str = "/s",
    least: float | None = None,
    most: float | None = None,
    errors: int = 0,
) -> Result:
    """Medians of the rounds. The ratio is the median of the rounds' ratios, with the lowest and highest."""
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


def cpu_comparison(what: str, measured: Sequence[float], limits: Sequence[float]) -> Result:
    """Compares the CPU milliseconds of the server's process for one request, which vary less than rates."""
    ratio = statistics.median(
        limit / measured_ms for measured_ms, limit in zip(measured, limits, strict=True)
    )
    ours, limit = statistics.median(measured), statistics.median(limits)
    return Result(f"{what}: CPU for one", f"{ours:.2f} ms", f"{limit:.2f} ms", f"{ratio:.3f}")
