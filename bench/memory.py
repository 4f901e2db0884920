"""Row 7: whether the server's memory is constant while it issues 20,000 invoices and renders their PDFs."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

from bench import issuing, mutating
from bench.homes import KINDS
from bench.load import load
from bench.results import Result, Run
from bench.serving import running_server

INVOICES, WARM = 20_000, 2_000
MAX_RATIO = 1.1
PATIENCE = 80  # seconds; a slow machine issues fewer invoices, and the table says how many
_SLICE = 2  # seconds between samples

Sample = tuple[int, float, float]
"""The number of issued invoices, and the megabytes of the server and of its processes."""


def results(run: Run) -> Iterator[Result]:
    for kind in KINDS:
        samples, errors = _measure(run, kind)
        for name, at in (("the server", 1), ("its PDF process", 2)):
            yield _result(f"memory of {name}, {kind}", samples, at, run.size(WARM), errors)


def _result(what: str, samples: list[Sample], at: int, warm: int, errors: int) -> Result:
    """Compares the first sample after `warm` invoices with the highest one after it."""
    after = [sample for sample in samples if sample[0] >= warm]
    first, most = after[0][at], max(sample[at] for sample in after)
    return Result(
        f"{what}, {samples[-1][0]:,} invoices; limit: after the first {after[0][0]:,}",
        f"{most:.0f} MB",
        f"{first:.0f} MB",
        f"{most / first:.3f}",
        f"≤ {MAX_RATIO}",
        most / first <= MAX_RATIO,
        f"{errors} errors" if errors else "",
    )


def _measure(run: Run, kind: str) -> tuple[list[Sample], int]:
    count, samples, errors, used = run.size(INVOICES), [], 0, 0
    with run.homes.fresh(kind) as home:
        bodies, token = mutating.prepare(home, issuing.ISSUE, count + mutating.MAX_RATE * _SLICE)
        home.settle()
        with running_server(home, token, workers=1) as server:
            until = time.monotonic() + (15 if run.quick else PATIENCE)
            while used < count and time.monotonic() < until:
                done = load(server, bodies, seconds=_SLICE, start=used)
                used = done.sent
                errors += done.errors
                samples.append((used, _megabytes(server.pid), sum(map(_megabytes, _children(server.pid)))))
    return samples, errors


def _megabytes(pid: int) -> float:
    """Resident memory as counted by Linux."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]
