"""Jobs to do after a commit, stored in the same commit (the outbox pattern).

The table is the queue. A claim leases a job by setting its `run_after` to the end of the lease. If the worker
dies, the lease ends and another worker claims the job; the first one's token is then no longer valid.

Claiming, renewing and releasing skip jobs that others have locked. Finishing jobs and making them due wait
for locks, and therefore lock jobs in the order of their ids: see `invoicing.locks`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    Insert,
    and_,
    bindparam,
    case,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from invoicing.storage import after_commit, rows
from invoicing.storage.id_lists import id_list, is_one_of
from invoicing.storage.prepared import Prepared
from invoicing.storage.tables import Job, new_id, outbox
from invoicing.storage.upserts import upsert

RENDER_INVOICE = "invoice.render"
MAX_ATTEMPTS = 5
LEASE = timedelta(seconds=10)
LONGEST_WAIT = timedelta(hours=9)  # that any job is made to wait, or is leased for

_INSERT = Prepared(insert(outbox))


def _restart() -> Insert:
    new = upsert(outbox)
    return new.on_conflict_do_update(
        index_elements=("account_id", "subject_id", "kind"),
        set_={
            "failed_at": None,
            "attempts": case((outbox.c.failed_at.is_(None), outbox.c.attempts), else_=0),
            "run_after": case(
                (outbox.c.lease_token.is_(None), new.excluded.run_after), else_=outbox.c.run_after
            ),
        },
    )


def leasing(due: CTE) -> ReturningUpdate[Any]:
    """Leases the jobs whose ids are in `due` to the holder of `token`, until `until`: one attempt more."""
    return (
        update(outbox)
        .where(outbox.c.id.in_(select(due.c.id)))
        .values(run_after=bindparam("until"), lease_token=bindparam("token"), attempts=outbox.c.attempts + 1)
        .returning(outbox)
    )


def _claim_statement() -> ReturningUpdate[Any]:
    """The statement that leases due jobs of a queue."""
    due = (  # a CTE, which PostgreSQL runs only once; a subquery may lock more rows than the limit
        select(outbox.c.id)
        .where(
            outbox.c.kind == bindparam("of_kind"),
            outbox.c.queue == bindparam("of_queue"),
            outbox.c.failed_at.is_(None),
            outbox.c.run_after <= bindparam("now"),
        )
        .order_by(outbox.c.run_after)
        .limit(bindparam("most"))
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    return leasing(due)


_CLAIM = Prepared(_claim_statement)
_LEASED = and_(
    is_one_of(outbox.c.id, id_list("jobs")),
    is_one_of(outbox.c.lease_token, id_list("tokens")),
)
_ENDED = select(outbox.c.id).where(_LEASED).order_by(outbox.c.id).with_for_update().cte("ended")
_FINISH = Prepared(delete(outbox).where(outbox.c.id.in_(select(_ENDED.c.id))).returning(outbox.c.id))
_STILL_LEASED = (  # skips jobs that another transaction is finishing
    select(outbox.c.id).where(_LEASED).with_for_update(skip_locked=True).cte("held")
)
_RENEW = Prepared(
    update(outbox).where(outbox.c.id.in_(select(_STILL_LEASED.c.id))).values(run_after=bindparam("until"))
)
_RELEASE = (
    update(outbox)
    .where(outbox.c.id.in_(select(_STILL_LEASED.c.id)))
    .values(run_after=bindparam("until"), lease_token=None, attempts=outbox.c.attempts - 1)
)
_AHEAD = (
    select(outbox.c.id)
    .where(outbox.c.failed_at.is_(None), outbox.c.run_after > bindparam("latest"))
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
    .cte("ahead")
)
_BRING_BACK = (
    update(outbox)
    .where(outbox.c.id.in_(select(_AHEAD.c.id)))
    .values(run_after=bindparam("due"))
    .returning(outbox.c.kind)
)

_IS_DUE = and_(outbox.c.failed_at.is_(None), outbox.c.run_after <= bindparam("now"))
_BACKLOG = Prepared(
    select(
        outbox.c.kind,
        func.count().filter(outbox.c.failed_at.is_(None)).label("waiting"),
        func.count(outbox.c.failed_at).label("parked"),
        func.min(outbox.c.run_after).filter(_IS_DUE).label("due_since"),
    ).group_by(outbox.c.kind)
)


@dataclass(frozen=True, slots=True)
class Backlog:
    """The unfinished jobs of a kind: those that wait or run, and those that were given up (parked)."""

    kind: str
    waiting: int
    parked: int
    due_since: datetime | None


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed attempt and its reason, one line for the log and the job's row."""

    job: Job
    reason: str

    @property
    def is_final(self) -> bool:
        return self.job.attempts >= MAX_ATTEMPTS


def enqueue(
    connection: Connection,
    account_id: str,
    kind: str,
    subject_id: str,
    *,
    now: datetime,
    queue: str = "",
    wait: timedelta = timedelta(),
) -> None:
    row = new_job_row(account_id, kind, subject_id, queue, now=now)
    _INSERT.send(connection, {**row, "run_after": now + wait})
    _wake_workers(connection, kind)


def new_job_row(
    account_id: str, kind: str, subject_id: str, queue: str = "", *, now: datetime
) -> dict[str, object]:
    return {
        "id": new_id(),
        "account_id": account_id,
        "kind": kind,
        "queue": queue,
        "subject_id": subject_id,
        "attempts": 0,
        "run_after": now,
        "created_at": now,
    }


def claim(
    connection: Connection,
    kind: str,
    queue: str = "",
    *,
    most: int,
    now: datetime,
    lease: timedelta = LEASE,
) -> list[Job]:
    """Up to `most` due jobs of a queue, leased to the caller until now + `lease`, the longest due first."""
    leased = {
        "of_kind": kind,
        "of_queue": queue,
        "now": now,
        "most": most,
        "until": now + lease,
        "token": new_id(),
    }
    jobs = rows.all_(connection, _CLAIM, leased, as_=Job)
    return sorted(jobs, key=lambda found: found.id)


def renew(connection: Connection, jobs: Sequence[Job], *, now: datetime, lease: timedelta = LEASE) -> None:
    """Extends the leases that the caller still has."""
    _RENEW.run(connection, {**_lease_parameters(jobs), "until": now + lease})


def release(connection: Connection, jobs: Sequence[Job], *, now: datetime) -> None:
    """Gives unfinished jobs back, as if they had not been claimed."""
    connection.execute(_RELEASE, {**_lease_parameters(jobs), "until": now})


def finish(connection: Connection, jobs: Sequence[Job]) -> set[str]:
    """Deletes finished jobs; returns the ids of those whose lease the caller still had."""
    return set(rows.values(connection, _FINISH, _lease_parameters(jobs)))


def fail(connection: Connection, failures: Sequence[Failure], *, now: datetime) -> None:
    """Records the reasons. A job runs again after 1, 4, 16 and 64 s, and is parked after five attempts."""
    for failure in sorted(failures, key=lambda each: each.job.id):
        attempts = failure.job.attempts
        connection.execute(
            update(outbox)
            .where(outbox.c.id == failure.job.id, outbox.c.lease_token == failure.job.lease_token)
            .values(
                last_error=failure.reason[:2_000],
                lease_token=None,
                failed_at=now if failure.is_final else None,
                run_after=now + timedelta(seconds=4 ** (attempts - 1)),
            )
        )


def postpone(connection: Connection, job: Job, reason: str, *, until: datetime) -> bool:
    """Lets a job run again at `until`, however often it failed; returns whether the caller had its lease."""
    postponed = connection.execute(
        update(outbox)
        .where(outbox.c.id == job.id, outbox.c.lease_token == job.lease_token)
        .values(last_error=reason[:2_000], lease_token=None, run_after=until)
    )
    return postponed.rowcount == 1


def make_due(
    connection: Connection, account_id: str, kind: str, subjects: ColumnElement[bool], *, now: datetime
) -> None:
    """Makes jobs due that wait for another attempt; running ones are not touched."""
    waiting = (
        select(outbox.c.id)
        .where(
            outbox.c.account_id == account_id,
            outbox.c.kind == kind,
            outbox.c.lease_token.is_(None),
            subjects,
        )
        .order_by(outbox.c.id)
        .with_for_update(key_share=True)
        .cte("waiting")
    )
    connection.execute(update(outbox).where(outbox.c.id.in_(select(waiting.c.id))).values(run_after=now))
    _wake_workers(connection, kind)


def bring_back(connection: Connection, *, most: int, now: datetime) -> int:
    """Makes jobs due in a minute that would wait for longer than any is made to: the clock was ahead.

    Whoever works on one of them renews its lease until then. Returns how many there were.
    """
    times = {"latest": now + LONGEST_WAIT, "most": most, "due": now + timedelta(minutes=1)}
    return len(connection.execute(_BRING_BACK, times).scalars().all())


def restart(
    connection: Connection, account_id: str, kind: str, subject_id: str, queue: str = "", *, now: datetime
) -> None:
    """Starts a job again that was parked or finished; a waiting one becomes due, a running one goes on.

    Call it before you lock the job's subject: a worker that finishes the job locks in the same order.
    """
    connection.execute(_restart(), new_job_row(account_id, kind, subject_id, queue, now=now))
    _wake_workers(connection, kind)


def _wake_workers(connection: Connection, kind: str) -> None:
    """Wakes the workers of this kind after the commit."""
    after_commit.notify(connection, [kind])


def backlog(connection: Connection, *, now: datetime) -> list[Backlog]:
    return rows.all_(connection, _BACKLOG, {"now": now}, as_=Backlog)


def _lease_parameters(jobs: Sequence[Job]) -> dict[str, object]:
    return {"jobs": [job.id for job in jobs], "tokens": list({job.lease_token for job in jobs})}
