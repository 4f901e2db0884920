"""Every benchmark: `python -m bench [--only ROW] [--quick] [--rounds N]`. Prints a table; asserts nothing.

What counts is the ratio to a limit that is measured in turn with it, in the same run, on the same machine.
"""

from __future__ import annotations

import argparse
import platform
import time
from collections.abc import Callable, Iterator, Mapping

from bench import issuing, reading
from bench.homes import Homes
from bench.results import HEADER, Result, Run

ROWS: Mapping[str, Callable[[Run], Iterator[Result]]] = {
    "issuing": issuing.results,
    "reading": reading.results,
}


def main() -> None:
    given = _arguments()
    seconds, rounds = (2, 1) if given.quick else (4, 3)
    print(f"Python {platform.python_version()}, {given.rounds or rounds} rounds\n\n{HEADER}", flush=True)
    began = time.monotonic()
    with Homes() as homes:
        run = Run(homes, given.rounds or rounds, seconds, given.quick)
        for row in given.only or ROWS:
            for result in ROWS[row](run):
                print(result, flush=True)
    print(f"\nIt took {time.monotonic() - began:.0f} s.")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=(__doc__ or "").partition(":")[0])
    parser.add_argument("--only", action="append", choices=ROWS, help="a row; may be given again")
    parser.add_argument("--quick", action="store_true", help="one short round on less data")
    parser.add_argument("--rounds", type=int, help="how often everything is measured (3)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
