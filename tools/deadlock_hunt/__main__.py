"""Hunts for deadlocks on PostgreSQL: 14 threads on two servers, all of them busy with the same few orders.

    python -m tools.deadlock_hunt --commands 100000 --seed 1

It exits with 1 if PostgreSQL saw a deadlock, a command was done again or failed, or the books are not right.
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
SHOWN = 10.0  # seconds between two lines that tell how far it is
HURRY = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")  # nothing of it is to be kept
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
        settings = [f"ALTER SYSTEM SET {setting}" for setting in HURRY]
        execute(make_url(home.url), *settings, "SELECT pg_reload_conf()")
        database = Database(home.url)
        outcome = hunt(home.url, open_shop(database), given.commands, given.seed)
        findings = database.read(verify).findings
        database.close()
        seen = deadlocks(home.url)
    report(outcome, seen, findings)
    sys.exit(1 if seen or outcome.retries or outcome.failures or findings else 0)


def hunt(url: str, owner: Principal, commands: int, seed: str) -> Outcome:
    """What all servers together have done."""
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
    whole, told, began = Outcome(), 0, time.monotonic()
    while told < SERVERS:
        try:
            whole.add(outcomes.get(timeout=SHOWN))
            told += 1
        except Empty:
            print(f"{begun.value:,} commands after {time.monotonic() - began:,.0f} s", flush=True)
            if any(server.exitcode for server in servers):
                raise SystemExit("A server has died.") from None
    for server in servers:
        server.join()
    return whole


def deadlocks(url: str) -> int:
    """How many PostgreSQL has counted. A connection tells of its own when it ends at the latest."""
    with psycopg.connect(url, autocommit=True) as connection:
        while _number(connection, _OTHERS):
            time.sleep(0.1)
        return _number(connection, _DEADLOCKS)


def _number(connection: psycopg.Connection[Any], query: str) -> int:
    row = connection.execute(query.encode()).fetchone()
    return int(row[0]) if row else 0


def report(outcome: Outcome, seen: int, findings: Any) -> None:
    by_command: dict[str, Counter[str]] = {}
    for (name, end), times in outcome.ended.items():
        by_command.setdefault(name, Counter())[end] += times
    for name, ends in sorted(by_command.items()):
        told = ", ".join(f"{times:,} {end}" for end, times in ends.most_common())
        print(f"{name:31} {told}")
    for failure in outcome.failures[:3]:
        print(failure)
    for finding in findings[:10]:
        print(finding)
    done = sum(times for (_, end), times in outcome.ended.items() if end == "done")
    print(
        f"{outcome.ended.total():,} commands, {done:,} of them done, {len(outcome.failures):,} failed; "
        f"{seen:,} deadlocks, {outcome.retries:,} done again; {len(findings):,} findings in the books."
    )


if __name__ == "__main__":
    main()
