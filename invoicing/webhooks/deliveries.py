"""The deliveries of webhooks: which are due, what came of them, and when each is tried again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, bindparam, exists, select, update

from invoicing.storage import outbox
from invoicing.storage.tables import Job, webhook_deliveries, webhook_endpoints
from invoicing.storage.tables import outbox as jobs
from invoicing.webhooks.events import DELIVER

WAITS = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=4),
    timedelta(hours=8),
    timedelta(hours=8),
)
"""Between the attempts, eleven in all: the last is made after a day."""
JITTER = 0.1

_OF_BUSY = exists().where(
    webhook_deliveries.c.account_id == jobs.c.account_id,
    webhook_deliveries.c.id == jobs.c.subject_id,
    webhook_deliveries.c.endpoint_id.in_(bindparam("busy", expanding=True)),
)
_CLAIM = outbox.claiming(~_OF_BUSY)
_DUE = (
    select(
        jobs.c.id.label("job_id"),
        webhook_deliveries.c.message_id,
        webhook_deliveries.c.body,
        webhook_endpoints,
    )
    .select_from(jobs)
    .join(
        webhook_deliveries,
        and_(
            webhook_deliveries.c.account_id == jobs.c.account_id,
            webhook_deliveries.c.id == jobs.c.subject_id,
        ),
    )
    .join(
        webhook_endpoints,
        and_(
            webhook_endpoints.c.account_id == webhook_deliveries.c.account_id,
            webhook_endpoints.c.id == webhook_deliveries.c.endpoint_id,
        ),
    )
    .where(jobs.c.id.in_(bindparam("jobs", expanding=True)))
)
_RECORD = (
    update(webhook_deliveries)
    .where(
        webhook_deliveries.c.account_id == bindparam("account"),
        webhook_deliveries.c.id == bindparam("delivery"),
    )
    .values(
        status=bindparam("becomes"),
        url=bindparam("sent_to"),
        attempts=bindparam("made"),
        response_status=bindparam("answered"),
        error=bindparam("why"),
        next_attempt_at=bindparam("again"),
        delivered_at=bindparam("arrived"),
    )
)


@dataclass(frozen=True, slots=True)
class Due:
    """A message to be sent, signed with each of the secrets, and the job that holds the lease."""

    job: Job
    endpoint_id: str
    url: str
    message_id: str
    body: str
    secrets: Sequence[str]  # none: its endpoint is not active


@dataclass(frozen=True, slots=True)
class Answer:
    """What the endpoint said. Without an `error` it has the message."""

    status: int | None = None
    error: str | None = None
    is_final: bool = False


def wait(attempts: int, jitter: float) -> timedelta | None:
    """How long after so many attempts, give or take a tenth by `jitter` (0 to 1); none: no more."""
    if attempts > len(WAITS):
        return None
    return WAITS[attempts - 1] * (1 - JITTER + 2 * JITTER * jitter)


def claim(
    connection: Connection, *, busy: Sequence[str] = (), most: int, now: datetime, lease: timedelta
) -> list[Due]:
    """Up to `most` due deliveries, leased to the caller; none to endpoints that are `busy`."""
    claimed = outbox.claim(
        connection, DELIVER, most=most, now=now, lease=lease, by=_CLAIM, values={"busy": list(busy)}
    )
    if not claimed:
        return []
    rows = connection.execute(_DUE, {"jobs": [job.id for job in claimed]})
    found = {row.job_id: row for row in rows}
    return [_due(job, found[job.id], now) for job in claimed]


def _due(job: Job, row: Any, now: datetime) -> Due:
    signing = [row.secret] if row.is_active else []
    if signing and row.previous_secret and now < row.previous_until:
        signing.append(row.previous_secret)
    return Due(job, row.id, row.url, row.message_id, row.body, signing)


def record(connection: Connection, due: Due, answer: Answer, *, jitter: float, now: datetime) -> str | None:
    """What came of an attempt; answers the delivery's status. None: another has the lease, and will tell."""
    pause = None if answer.is_final else wait(due.job.attempts, jitter)
    again = None
    if answer.error is None:
        status, held = "DELIVERED", outbox.finish(connection, [due.job])
    elif pause is None:
        status, held = "PARKED", outbox.finish(connection, [due.job])
    else:
        status, again = "PENDING", now + pause
        held = {due.job.id} if outbox.postpone(connection, due.job, answer.error, until=again) else set()
    if not held:
        return None
    values = {
        "account": due.job.account_id,
        "delivery": due.job.subject_id,
        "becomes": status,
        "sent_to": due.url,
        "made": due.job.attempts if due.secrets else due.job.attempts - 1,
        "answered": answer.status,
        "why": answer.error,
        "again": again,
        "arrived": now if status == "DELIVERED" else None,
    }
    connection.execute(_RECORD, values)
    return status
