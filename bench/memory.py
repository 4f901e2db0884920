"""Row 7: whether the server's memory stays as it is while it issues, renders and reads 20,000 invoices.

`lasting` does so with 50,000.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator
from pathlib import Path

from bench import issuing, mutating, reading, shop
from bench.homes import KINDS
from bench.load import load, write_bodies
from bench.results import Result, Run
from bench.serving import running_server

INVOICES, LASTING, WARM = 20_000, 50_000, 2_000
MAX_CHANGE = 0.05
PATIENCE = 80  # seconds; a slow machine issues fewer invoices, and the table says how many
LONG_PATIENCE = 1_200
_SLICE = 2  # seconds between samples, and then one of reading
_READS = 500  # different ones in each slice
_UNSURE = 100  # of the last invoices some may not be there, as the answer was not waited for

Sample = tuple[int, float, float]
"""The number of issued invoices, and the megabytes of the server and of its processes."""


def results(run: Run) -> Iterator[Result]:
    return _results(run, run.size(INVOICES), 15 if run.quick else PATIENCE)


def lasting(run: Run) -> Iterator[Result]:
    return _results(run, run.size(LASTING), LONG_PATIENCE)


def _results(run: Run, count: int, patience: int) -> Iterator[Result]:
    for kind in KINDS:
        samples, errors = _measure(run, kind, count, patience)
        for name, at in (("the server", 1), ("its PDF process", 2)):
            yield _result(f"memory of {name}, {kind}", samples, at, run.size(WARM), errors)


def _result(what: str, samples: list[Sample], at: int, warm: int, errors: int) -> Result:
    """Compares the first sample after `warm` invoices with all after it."""
    after = [sample for sample in samples if sample[0] >= warm]
    first = after[0][at]
    least, most = (bound(sample[at] for sample in after) / first for bound in (min, max))
    return Result(
        f"{what}, {samples[-1][0]:,} invoices issued and read; limit: after the first {after[0][0]:,}",
        f"{after[-1][at]:.0f} MB",
        f"{first:.0f} MB",
        f"{after[-1][at] / first:.3f} ({least:.3f}-{most:.3f})",
        f"± {MAX_CHANGE:.0%}",
        least >= 1 - MAX_CHANGE and most <= 1 + MAX_CHANGE,
        f"{errors} errors" if errors else "",
    )


def _measure(run: Run, kind: str, count: int, patience: int) -> tuple[list[Sample], int]:
    samples, errors, used, unsent = [], 0, 0, set()
    with run.homes.fresh(kind) as home:
        with home.database() as database:
            opened = shop.open_shop(database)
            prepared = count + mutating.MAX_RATE * _SLICE
            issuing.stock(database, opened, prepared)
        bodies = write_bodies(home.data / "bodies", (_body(number) for number in range(prepared)))
        home.settle()
        with running_server(home, opened.token, workers=1) as server:
            until = time.monotonic() + patience
            while used < count and time.monotonic() < until:
                unsent.add(used)  # the first request is one that wrk only looks at
                done = load(server, bodies, seconds=_SLICE, start=used)
                used = done.sent
                some = {*random.Random(used).choices(range(max(used - _UNSURE, 2)), k=_READS)} - unsent
                reads = write_bodies(home.data / "reads", (reading.read_body("I", number) for number in some))
                errors += done.errors + load(server, reads, seconds=1).errors
                samples.append((used, _megabytes(server.pid), sum(map(_megabytes, _children(server.pid)))))
    return samples, errors


def _body(number: int) -> object:
    """With an id, by which it is read."""
    body = issuing.body(number)
    body["variables"]["i"]["invoice_id"] = shop.tag("I", number)
    return body


def _megabytes(pid: int) -> float:
    """Resident memory as counted by Linux."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]
