"""The reckoning: what was acknowledged against what the database has, and what its own `verify` finds."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Table, func, select, update

from invoicing.payments.charges import ASK_GATEWAY
from invoicing.storage.outbox import RENDER_INVOICE
from invoicing.storage.tables import (
    customer_sessions,
    customers,
    documents,
    invoices,
    number_series,
    order_items,
    orders,
    outbox,
    payment_methods,
    payments,
    webhook_endpoints,
)
from tools.siege.journal import Journal
from tools.siege.processes import ROOT
from tools.siege.site import Site

_TABLES: Mapping[str, Table] = {
    table.name: table
    for table in (
        customers,
        orders,
        order_items,
        invoices,
        payments,
        payment_methods,
        customer_sessions,
        webhook_endpoints,
    )
}
_MADE_BY_KEY = ("customers", "orders", "invoices", "payments", "webhook_endpoints")
"""Each of these was made by a call that was answered in the end: there must be no other one."""

_FAILURES = (b'"resolver failed"', b'"request failed"', b'"operation failed"')
"""Events of the servers' logs."""

LONGEST_WAIT = timedelta(seconds=90)
"""Longer than any attempt at a PDF or a charge is put off by itself, at the end of a siege."""


@dataclass
class Reckoning:
    lost: list[str] = field(default_factory=list)
    double: list[str] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    papers: list[str] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def wrong(self) -> list[str]:
        return [*self.lost, *self.double, *self.gaps, *self.papers, *self.findings, *self.failures]


def reckon(site: Site, journal: Journal) -> Reckoning:
    """To be called once nobody changes anything any more, and `wait_for_papers` has returned."""
    found = Reckoning()
    for kind, things in journal.things.items():
        rows = site.read(partial(_rows, table=_TABLES[kind]))
        for key, content in things.items():
            if (row := rows.get(key)) is None:
                found.lost.append(f"{kind} {key[1]} of {key[0]} is gone.")
            elif changed := {name: row[name] for name, value in content.items() if row[name] != value}:
                found.lost.append(f"{kind} {key[1]} was {dict(content)}, and is {changed}.")
        if kind in _MADE_BY_KEY:
            found.double += [f"{kind} {key[1]} was told to nobody." for key in rows.keys() - things.keys()]
    found.gaps = site.read(_gaps)
    found.papers = site.read(_without_paper)
    found.double += _charged_twice(site)
    found.findings = _verified(site)
    found.failures = [line for process in site.processes for line in _failures_in(process.log)]
    return found


def _failures_in(log: Path) -> list[str]:
    """The failures of which callers were told nothing but that there was one: no fault may lead to any."""
    found = []
    for line in log.read_bytes().splitlines():
        if any(event in line for event in _FAILURES):
            logged = orjson.loads(line)
            found.append(f"{log.stem}: {logged['event']}: {logged.get('exception', '')[-3_000:]}")
    return found


def wait_for_papers(site: Site, most_seconds: float, *, gateway: bool) -> None:
    """Waits until no PDF is to be made any more, and no gateway to be asked."""
    kinds = [RENDER_INVOICE, *([ASK_GATEWAY] if gateway else [])]
    waiting = select(func.count()).select_from(outbox).where(outbox.c.kind.in_(kinds))
    waiting = waiting.where(outbox.c.failed_at.is_(None))
    _let_time_go_by(site, kinds)
    end = time.monotonic() + most_seconds
    while site.read(lambda connection: connection.execute(waiting).scalar_one()) and time.monotonic() < end:
        site.revive()
        time.sleep(0.05)


def _let_time_go_by(site: Site, kinds: Sequence[str]) -> None:
    """What a server whose clock was ahead put into the queue is due when that time has come: now."""
    now = datetime.now(UTC)
    far = outbox.c.kind.in_(kinds), outbox.c.run_after > now + LONGEST_WAIT
    site.write(lambda connection: connection.execute(update(outbox).where(*far).values(run_after=now)))


def _rows(connection: Connection, table: Table) -> dict[tuple[str, str], dict[str, Any]]:
    return {(row["account_id"], row["id"]): dict(row) for row in connection.execute(select(table)).mappings()}


def _gaps(connection: Connection) -> list[str]:
    """Counted apart from `verify`: each series has every number from 1 to its last, once."""
    last = {
        (row.account_id, row.type, row.period): row.last for row in connection.execute(select(number_series))
    }
    series: dict[tuple[str, str, str], list[int]] = {}
    for row in connection.execute(select(invoices)):
        series.setdefault((row.account_id, row.type, row.period), []).append(row.sequence)
    return [
        f"The series {key} has {len(numbers):,} numbers, and ends with {last.get(key)}."
        for key, numbers in series.items()
        if sorted(numbers) != [*range(1, (last.get(key) or 0) + 1)]
    ]


def _without_paper(connection: Connection) -> list[str]:
    """With what became of the job that was to make it."""
    has_paper = {(row.account_id, row.invoice_id) for row in connection.execute(select(documents))}
    jobs = {(row.account_id, row.subject_id): row for row in connection.execute(select(outbox))}
    all_ = connection.execute(select(invoices.c.account_id, invoices.c.id))
    return [
        f"Invoice {row.id} of {row.account_id} has no PDF: {jobs.get((row.account_id, row.id))}"
        for row in all_
        if (row.account_id, row.id) not in has_paper
    ]


def _charged_twice(site: Site) -> list[str]:
    """What the sandbox's own records say of money that moved, against our payments."""
    path = site.folder / "sandbox.db"
    if not path.exists():
        return []
    with sqlite3.connect(path) as file:
        moved = file.execute("SELECT account_id, id, amount FROM asked WHERE error = ''").fetchall()
    file.close()
    ours = site.read(lambda connection: _rows(connection, payments))
    return [
        f"The gateway moved {amount} for the payment {id}, which is {ours.get((account, id))}."
        for account, id, amount in moved
        if not _is_known(ours.get((account, id)), amount)
    ]


def _is_known(payment: Mapping[str, Any] | None, amount: int) -> bool:
    return payment is not None and payment["amount"] == amount and payment["status"] in ("PAID", "PENDING")


def _verified(site: Site) -> list[str]:
    command: Sequence[str] = (
        sys.executable,
        "-c",
        "from server.entry import main; main()",
        "verify",
        "--papers",
    )
    environment = site.workers[0].environment
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)  # noqa: S603
    return (
        []
        if done.returncode == 0
        else [f"verify: {line}" for line in (done.stdout + done.stderr).splitlines()]
    )
