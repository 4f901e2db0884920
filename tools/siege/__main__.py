"""Besieges real servers and workers: kills, faults, 16 clients; then everything acknowledged is looked for.

    python3 dev.py siege --minutes 30 --seed 1

On SQLite a server and a worker, on PostgreSQL two of each. The exit code is 1, and the seed and what is wrong
are told, if anything acknowledged is lost, anything is there twice, or a number is missing.
"""

from __future__ import annotations

import argparse
import secrets
import sys

from tools.siege import clock
from tools.siege.siege import Outcome, Plan, siege
from tools.siege.site import KINDS


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python3 dev.py siege")
    arguments.add_argument("--minutes", type=float, default=4, help="of both databases together")
    arguments.add_argument("--seed", default=secrets.token_hex(4))
    arguments.add_argument("--database", choices=KINDS, action="append")
    arguments.add_argument("--apart", type=int, default=150, help="answers between two faults, on average")
    arguments.add_argument("--kills", type=int, help="of each database; then it ends")
    given = arguments.parse_args()
    kinds = given.database or KINDS
    seconds = given.minutes * 60 / len(kinds)
    plan = Plan(given.seed, kills=given.kills, seconds=seconds, apart=given.apart)
    if clock.COMPILER is None:
        print("There is no C compiler: no clock will jump.", flush=True)
    outcomes = [siege(kind, plan, lambda line: print(line, flush=True)) for kind in kinds]
    for outcome in outcomes:
        report(outcome)
    if any(outcome.wrong for outcome in outcomes):
        sys.exit(f"Something is wrong, with --seed {given.seed}.")


def report(outcome: Outcome) -> None:
    journal, found = outcome.journal, outcome.reckoning
    print(f"\n{outcome.kind}, {outcome.seconds:,.0f} s")
    for title, counts in (
        ("faults", outcome.faults),
        ("calls", journal.answered),
        ("sent again after", journal.sent_again),
        ("refused", journal.refused),
        ("refused for what passed", journal.passed),
    ):
        told = ", ".join(f"{times:,} {_name(name)}" for name, times in counts.most_common())
        print(f"  {title}: {told}")
    for line in outcome.wrong[:40]:
        print(f"  WRONG: {line}")
    others = outcome.faults.total() - outcome.kills
    print(f"  {outcome.kills:,} kills, {others:,} other faults, {journal.acknowledged:,} calls acknowledged:")
    print(f"  {len(found.lost):,} lost, {len(found.double):,} double, {len(found.gaps):,} gaps,", end=" ")
    print(f"{len(found.papers):,} without a PDF, {len(found.findings):,} findings of verify,", end=" ")
    print(f"{len(found.failures):,} internal errors", flush=True)


def _name(name: object) -> str:
    return " ".join(name) if isinstance(name, tuple) else str(name)


if __name__ == "__main__":
    main()
