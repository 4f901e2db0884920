"""Row: from starting `invoicing serve` on an existing database to its first answer to a query.

Each start is a new process; its files are in the system's cache, as they are after an update or a crash.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager

from bench import shop
from bench.homes import KINDS
from bench.reading import LINES, read_body
from bench.results import Result, Run, cpu_comparison
from bench.serving import Client, Server, plain_server, running_server

MAX_SECONDS = 1.0
STARTS = 7

Start = tuple[float, float]
"""Seconds until the first answer, and the milliseconds of CPU that it took."""


def results(run: Run) -> Iterator[Result]:
    for kind in KINDS:
        ours, bare = zip(*_starts(run, kind), strict=True)
        (times, cpu), (bare_times, bare_cpu) = (zip(*starts, strict=True) for starts in (ours, bare))
        took, limit = statistics.median(times), statistics.median(bare_times)
        name = f"from the start of `serve` to its first answer, limit: bare Starlette, {kind}"
        yield Result(
            name,
            f"{took:.2f} s ({min(times):.2f}-{max(times):.2f})",
            f"{limit:.2f} s",
            f"{limit / took:.3f}",
            f"≤ {MAX_SECONDS:g} s",
            took <= MAX_SECONDS,
        )
        yield cpu_comparison(name, cpu, bare_cpu)


def _starts(run: Run, kind: str) -> Iterator[tuple[Start, Start]]:
    """Starts of the product and of Starlette with the same answer, in turns."""
    with run.homes.fresh(kind) as home:
        with home.database() as database:
            opened = shop.open_shop(database)
            shop.issue_with_pdf(database, opened, "A", lines=LINES)
        home.settle()
        answer = home.data / "answer"
        with running_server(home, opened.token) as server:  # also makes the server's secret
            answer.write_bytes(Client(server).send(read_body("A")))
        for _ in range(3 if run.quick else STARTS):
            yield (
                _started(running_server(home, opened.token)),
                _started(plain_server("starlette", answer)),
            )


def _started(starting: AbstractContextManager[Server]) -> Start:
    began = time.perf_counter()
    with starting as server:
        Client(server).ask(read_body("A"))
        return time.perf_counter() - began, server.cpu() * 1000
