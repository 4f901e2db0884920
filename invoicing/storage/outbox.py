"""Work that must follow a commit, written in the same commit.

The table is the queue. A claim leases a job for a while by moving its `run_after`; a worker that dies
lets the lease end, and another claims the job. A worker that comes late finds its token gone.

Whoever claims, renews or gives back skips what others have locked. Whoever ends or hurries jobs waits for
them, and so locks them by id: see `invoicing.locks`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, and_, bindparam, case, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.sql.dml import ReturningUpdate

from invoicing.storage import after_commit
from invoicing.storage.tables import Job, new_id, outbox

RENDER_INVOICE = "invoice.render"
MAX_ATTEMPTS = 5
LEASE = timedelta(seconds=10)

_INSERT = insert(outbox)
_NEW = upsert(outbox)
_BEGIN_AGAIN = _NEW.on_conflict_do_update(
    index_elements=("account_id", "subject_id", "kind"),
    set_={
        "failed_at": None,
        "attempts": case((outbox.c.failed_at.is_(None), outbox.c.attempts), else_=0),
        "run_after": case(
            (outbox.c.lease_token.is_(None), _NEW.excluded.run_after), else_=outbox.c.run_after
        ),
    },
)


def claiming(*conditions: ColumnElement[bool]) -> ReturningUpdate[Any]:
    """Leases due jobs of a kind; only those that meet the conditions."""
    due = (  # a CTE, which PostgreSQL runs once: as a subquery it may take more rows than its limit
        select(outbox.c.id)
        .where(
            outbox.c.kind == bindparam("of_kind"),
            outbox.c.failed_at.is_(None),
            outbox.c.run_after <= bindparam("now"),
            *conditions,
        )
        .order_by(outbox.c.run_after)
        .limit(bindparam("most"))
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    return (
        update(outbox)
        .where(outbox.c.id.in_(select(due.c.id)))
        .values(run_after=bindparam("until"), lease_token=bindparam("token"), attempts=outbox.c.attempts + 1)
        .returning(outbox)
    )


_CLAIM = claiming()
_LEASED = and_(
    outbox.c.id.in_(bindparam("jobs", expanding=True)),
    outbox.c.lease_token.in_(bindparam("tokens", expanding=True)),
)
_ENDED = select(outbox.c.id).where(_LEASED).order_by(outbox.c.id).with_for_update().cte("ended")
_FINISH = delete(outbox).where(outbox.c.id.in_(select(_ENDED.c.id))).returning(outbox.c.id)
_HELD = (  # what another transaction finishes at this moment is left to it
    select(outbox.c.id).where(_LEASED).with_for_update(skip_locked=True).cte("held")
)
_RENEW = update(outbox).where(outbox.c.id.in_(select(_HELD.c.id))).values(run_after=bindparam("until"))
_RELEASE = (
    update(outbox)
    .where(outbox.c.id.in_(select(_HELD.c.id)))
    .values(run_after=bindparam("until"), lease_token=None, attempts=outbox.c.attempts - 1)
)

_IS_DUE = and_(outbox.c.failed_at.is_(None), outbox.c.run_after <= bindparam("now"))
_BACKLOG = select(
    outbox.c.kind,
    func.count().filter(outbox.c.failed_at.is_(None)).label("waiting"),
    func.count(outbox.c.failed_at).label("parked"),
    func.min(outbox.c.run_after).filter(_IS_DUE).label("due_since"),
).group_by(outbox.c.kind)


@dataclass(frozen=True, slots=True)
class Backlog:
    """Jobs of a kind that are not done: those on their way, and those that were given up."""

    kind: str
    waiting: int
    parked: int
    due_since: datetime | None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt failed: one line for the log and the job."""

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
    wait: timedelta = timedelta(),
) -> None:
    connection.execute(_INSERT, {**job(account_id, kind, subject_id, now=now), "run_after": now + wait})
    _wake(connection, kind)


def job(account_id: str, kind: str, subject_id: str, *, now: datetime) -> dict[str, object]:
    return {
        "id": new_id(),
        "account_id": account_id,
        "kind": kind,
        "subject_id": subject_id,
        "attempts": 0,
        "run_after": now,
        "created_at": now,
    }


def claim(
    connection: Connection,
    kind: str,
    *,
    most: int,
    now: datetime,
    lease: timedelta = LEASE,
    by: ReturningUpdate[Any] = _CLAIM,
    values: Mapping[str, object] | None = None,
) -> list[Job]:
    """Up to `most` due jobs, leased to the caller until now + `lease`, the longest due first.

    `by` is a claim with conditions, and `values` what these are about.
    """
    leased = {"of_kind": kind, "now": now, "most": most, "until": now + lease, "token": new_id()}
    jobs = cast(list[Job], list(connection.execute(by, {**leased, **(values or {})}).all()))
    return sorted(jobs, key=lambda found: found.id)


def renew(connection: Connection, jobs: Sequence[Job], *, now: datetime, lease: timedelta = LEASE) -> None:
    """Holds the jobs for longer, those that are still the caller's."""
    connection.execute(_RENEW, {**_leased(jobs), "until": now + lease})


def release(connection: Connection, jobs: Sequence[Job], *, now: datetime) -> None:
    """Gives unfinished jobs back, as if they had not been claimed."""
    connection.execute(_RELEASE, {**_leased(jobs), "until": now})


def finish(connection: Connection, jobs: Sequence[Job]) -> set[str]:
    """Ends jobs; answers the ids of those that were still the caller's. The others somebody else does."""
    return set(connection.execute(_FINISH, _leased(jobs)).scalars())


def fail(connection: Connection, failures: Sequence[Failure], *, now: datetime) -> None:
    """Notes why, and tries again after 1, 4, 16 and 64 seconds; after the fifth attempt the job is parked."""
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
    """Puts a job off that has to be done some time, however often it fails; says if it was the caller's."""
    postponed = connection.execute(
        update(outbox)
        .where(outbox.c.id == job.id, outbox.c.lease_token == job.lease_token)
        .values(last_error=reason[:2_000], lease_token=None, run_after=until)
    )
    return postponed.rowcount == 1


def hurry(
    connection: Connection, account_id: str, kind: str, subjects: ColumnElement[bool], *, now: datetime
) -> None:
    """Makes jobs due that wait for another attempt; those on their way go on."""
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
    _wake(connection, kind)


def retry(connection: Connection, account_id: str, kind: str, subject_id: str, *, now: datetime) -> None:
    """Starts a job again that was parked, or done; one that waits is due now, one on its way goes on.

    Call it before you touch what the job is about: whoever ends the job has locked it first, too.
    """
    connection.execute(_BEGIN_AGAIN, job(account_id, kind, subject_id, now=now))
    _wake(connection, kind)


def _wake(connection: Connection, kind: str) -> None:
    """The database wakes the kind's workers once this is committed."""
    after_commit.notify(connection, [kind])


def backlog(connection: Connection, *, now: datetime) -> list[Backlog]:
    return [Backlog(*row) for row in connection.execute(_BACKLOG, {"now": now})]


def _leased(jobs: Sequence[Job]) -> dict[str, object]:
    return {"jobs": [job.id for job in jobs], "tokens": list({job.lease_token for job in jobs})}
