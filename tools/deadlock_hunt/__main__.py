"""Hunts for deadlocks on PostgreSQL: 14 threads on two servers change the same few orders.

    python -m tools.deadlock_hunt --commands 100000 --seed 1

The exit code is 1 after a deadlock, a retry or a failure of a command, or a finding in the books.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from collections import Counter
from queue import Empty
from typing import Any

import psycopg
from sqlalchemy import make_url

from bench.homes import POSTGRESQL, Homes, execute
from invoicing.access import Principal
from invoicing.storage.database import Database
from invoicing.verify.books import verify
from tools.deadlock_hunt.server import Outcome, serve
from tools.deadlock_hunt.shop import open_shop

SERVERS, THREADS = 2, 7
PROGRESS_SECONDS = 10.0  # seconds between lines of progress
FAST_SETTINGS = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")  # nothing is kept
_OTHERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
_DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m tools.deadlock_hunt")
    arguments.add_argument("--commands", type=int, default=100_000)
    arguments.add_argument("--seed", default="1")
    given = arguments.parse_args()
    with Homes() as homes, homes.fresh(POSTGRESQL) as home:
        settings = [f"ALTER SYSTEM SET {setting}" for setting in FAST_SETTINGS]
        execute(make_url(home.url), *settings, "SELECT pg_reload_conf()")
        database = Database(home.url)
        outcome = hunt(home.url, open_shop(database), given.commands, given.seed)
        findings = database.read(verify).findings
        database.close()
        deadlock_count = deadlocks(home.url)
    report(outcome, deadlock_count, findings)
    sys.exit(1 if deadlock_count or outcome.retries or outcome.failures or findings else 0)


def hunt(url: str, owner: Principal, commands: int, seed: str) -> Outcome:
    """Runs the servers; returns their outcomes together."""
    spawn = multiprocessing.get_context("spawn")
    begun, outcomes = spawn.Value("q", 0), spawn.Queue()
    servers = [
        spawn.Process(
            target=serve,
            args=(url, owner, begun, commands, [f"{seed} {server} {at}" for at in range(THREADS)], outcomes),
        )
        for server in range(SERVERS)
    ]
    for server in servers:
        server.start()
    total, finished, start = Outcome(), 0, time.monotonic()
    while finished < SERVERS:
        try:
            total.add(outcomes.get(timeout=PROGRESS_SECONDS))
            finished += 1
        except Empty:
            print(f"{begun.value:,} commands after {time.monotonic() - start:,.0f} s", flush=True)
            if any(server.exitcode for server in servers):
                raise SystemExit("A server has died.") from None
    for server in servers:
        server.join()
    return total


def deadlocks(url: str) -> int:
    """The deadlocks that PostgreSQL has counted. Waits until other connections have reported theirs."""
    with psycopg.connect(url, autocommit=True) as connection:
        while _number(connection, _OTHERS):
            time.sleep(0.1)
        return _number(connection, _DEADLOCKS)


def _number(connection: psycopg.Connection[Any], query: str) -> int:
    row = connection.execute(query.encode()).fetchone()
    return int(row[0]) if row else 0


def report(outcome: Outcome, deadlock_count: int, findings: Any) -> None:
    by_command: dict[str, Counter[str]] = {}
    for (name, end), times in outcome.ended.items():
        by_command.setdefault(name, Counter())[end] += times
    for name, ends in sorted(by_command.items()):
        shares = ", ".join(f"{times:,} {end}" for end, times in ends.most_common())
        print(f"{name:31} {shares}")
    for failure in outcome.failures[:3]:
        print(failure)
    for finding in findings[:10]:
        print(finding)
    done = sum(times for (_, end), times in outcome.ended.items() if end == "done")
    print(
        f"{outcome.ended.total():,} commands, {done:,} of them done, {len(outcome.failures):,} failed; "
        f"{deadlock_count:,} deadlocks, {outcome.retries:,} done again; {len(findings):,} findings."
    )


if __name__ == "__main__":
    main()
