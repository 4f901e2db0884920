"""Row 7: whether the server's memory stays as it is while it issues 20,000 invoices and makes their PDFs."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

from bench import issuing, mutating
from bench.homes import KINDS
from bench.load import load
from bench.results import Result, Run
from bench.serving import serving

INVOICES, WARM = 20_000, 2_000
MOST = 1.1
PATIENCE = 80  # seconds; a slow machine issues fewer, and the table says how many
_SLICE = 2  # seconds between looks

Look = tuple[int, float, float]
"""How many are issued, and the megabytes that the server and its processes take."""


def results(run: Run) -> Iterator[Result]:
    for kind in KINDS:
        looks, errors = _looks(run, kind)
        for name, at in (("the server", 1), ("its PDF process", 2)):
            yield _flat(f"memory of {name}, {kind}", looks, at, run.size(WARM), errors)


def _flat(what: str, looks: list[Look], at: int, warm: int, errors: int) -> Result:
    """From the first look after `warm` invoices to the most there was afterwards."""
    after = [look for look in looks if look[0] >= warm]
    first, most = after[0][at], max(look[at] for look in after)
    return Result(
        f"{what}, {looks[-1][0]:,} invoices; limit: after the first {after[0][0]:,}",
        f"{most:.0f} MB",
        f"{first:.0f} MB",
        f"{most / first:.3f}",
        f"≤ {MOST}",
        most / first <= MOST,
        f"{errors} errors" if errors else "",
    )


def _looks(run: Run, kind: str) -> tuple[list[Look], int]:
    count, looks, errors, used = run.size(INVOICES), [], 0, 0
    with run.homes.fresh(kind) as home:
        bodies, token = mutating.prepared(home, issuing.ISSUE, count + mutating.FASTEST * _SLICE)
        home.settle()
        with serving(home, token, workers=1) as server:
            until = time.monotonic() + (15 if run.quick else PATIENCE)
            while used < count and time.monotonic() < until:
                done = load(server, bodies, seconds=_SLICE, start=used)
                used = done.sent
                errors += done.errors
                looks.append((used, _megabytes(server.pid), sum(map(_megabytes, _children(server.pid)))))
    return looks, errors


def _megabytes(pid: int) -> float:
    """Resident, as Linux counts it."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]
