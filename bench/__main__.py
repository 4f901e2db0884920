"""Every benchmark: `python -m bench [--only ROW] [--quick] [--rounds N]`. Prints a table; asserts nothing.

Each row compares the product with a limit. Both are measured alternately in the same run on one machine, so
their ratio can be compared between machines.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping

from sqlalchemy import make_url

from bench import (
    batching,
    by_hand,
    counting,
    crediting,
    doors,
    growing,
    guarding,
    importing,
    issuing,
    large,
    larger,
    memory,
    one_time,
    ordering,
    paper,
    reading,
    ready,
    starting,
    telling,
)
from bench.homes import Homes
from bench.results import HEADER, Result, Run

ROWS: Mapping[str, Callable[[Run], Iterator[Result]]] = {
    "issuing": issuing.results,
    "reading": reading.results,
    "larger": larger.results,
    "by_hand": by_hand.results,
    "counting": counting.results,
    "guarding": guarding.results,
    "paper": paper.results,
    "starting": starting.results,
    "ready": ready.results,
    "growing": growing.results,
    "memory": memory.results,
    "importing": importing.results,
    "crediting": crediting.results,
    "ordering": ordering.results,
    "one_time": one_time.results,
    "batching": batching.results,
    "doors": doors.results,
    "telling": telling.results,
    "large": large.results,
}
NOT_BY_DEFAULT: Mapping[str, Callable[[Run], Iterator[Result]]] = {
    "million": growing.million,
    "lasting": memory.lasting,
}
"""Rows that take long."""


_ONLY = f"a row; may be given again. Only so: {', '.join(NOT_BY_DEFAULT)}"


def main() -> None:
    given = _arguments()
    seconds, rounds = (2, 1) if given.quick else (4, 3)
    print(f"{_machine()}; {given.rounds or rounds} rounds\n\n{HEADER}", flush=True)
    began = time.monotonic()
    with Homes(given.postgresql and make_url(given.postgresql)) as homes:
        run = Run(homes, given.rounds or rounds, seconds, given.quick)
        for row in given.only or ROWS:
            for result in {**ROWS, **NOT_BY_DEFAULT}[row](run):
                print(result, flush=True)
    print(f"\nIt took {time.monotonic() - began:.0f} s.")


def _machine() -> str:
    """The properties of the machine on which the rates depend most; the ratios depend less on them."""
    cores, load = os.cpu_count(), os.getloadavg()[0]
    return f"Python {platform.python_version()}, {cores} cores, load {load:.1f}, an fsync {_fsync():.1f} ms"


def _fsync() -> float:
    times = []
    with tempfile.TemporaryFile() as file:
        for _ in range(100):
            began = time.perf_counter()
            file.write(bytes(4096))
            file.flush()
            os.fsync(file.fileno())
            times.append(time.perf_counter() - began)
    return statistics.median(times) * 1000


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=(__doc__ or "").partition(":")[0])
    parser.add_argument("--only", action="append", choices=[*ROWS, *NOT_BY_DEFAULT], help=_ONLY)
    parser.add_argument("--quick", action="store_true", help="one short round on less data")
    parser.add_argument("--rounds", type=int, help="how often everything is measured (3)")
    parser.add_argument(
        "--postgresql", metavar="URL", help="a server to measure on; the package's own has no pg_trgm"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
