"""Webhook deliveries: claiming the due ones, recording results, and when the next attempt is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, bindparam, select, update

from invoicing.storage import outbox
from invoicing.storage.id_lists import id_list, is_one_of
from invoicing.storage.outbox_turns import claim_in_turns
from invoicing.storage.tables import Job, webhook_deliveries, webhook_endpoints
from invoicing.storage.tables import outbox as jobs
from invoicing.webhooks.events import DELIVER

RETRY_DELAYS = (
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
"""The delays between the eleven attempts; the last attempt is about a day after the first."""
JITTER = 0.1

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
    .where(is_one_of(jobs.c.id, id_list("jobs")))
)
_RECORD = (
    update(webhook_deliveries)
    .where(
        webhook_deliveries.c.account_id == bindparam("account"),
        webhook_deliveries.c.id == bindparam("delivery"),
    )
    .values(
        status=bindparam("new_status"),
        url=bindparam("sent_to"),
        attempts=bindparam("attempts_made"),
        response_status=bindparam("status_code"),
        error=bindparam("reason"),
        next_attempt_at=bindparam("next_attempt"),
        delivered_at=bindparam("delivered"),
    )
)


@dataclass(frozen=True, slots=True)
class DueDelivery:
    """A message to send, signed with each of the secrets, and the leased job.

    A claimed delivery has the secrets as they are stored: `readable_secrets` opens them.
    """

    job: Job
    endpoint_id: str
    url: str
    message_id: str
    body: str
    secrets: Sequence[str]  # empty if the endpoint is not active


@dataclass(frozen=True, slots=True)
class DeliveryResult:
    """The endpoint's response. Without an `error` the message was delivered."""

    status: int | None = None
    error: str | None = None
    is_final: bool = False


def retry_delay(attempts: int, jitter: float) -> timedelta | None:
    """The delay after so many attempts, varied by ±10 % with `jitter` (0 to 1); None after the last."""
    if attempts > len(RETRY_DELAYS):
        return None
    return RETRY_DELAYS[attempts - 1] * (1 - JITTER + 2 * JITTER * jitter)


def claim_deliveries(
    connection: Connection,
    *,
    most: int,
    of_account: int | None = None,
    busy: Sequence[str] = (),
    busy_accounts: Sequence[str] = (),
    now: datetime,
    lease: timedelta,
) -> list[DueDelivery]:
    """The next delivery to each endpoint, if it is due, leased to the caller.

    There are `most` in all and `of_account` of one account; none to the endpoints in `busy`, and none of the
    accounts in `busy_accounts`.
    """
    claimed = claim_in_turns(
        connection,
        DELIVER,
        most=most,
        of_account=of_account,
        busy_queues=busy,
        busy_accounts=busy_accounts,
        now=now,
        lease=lease,
    )
    if not claimed:
        return []
    rows = connection.execute(_DUE, {"jobs": [job.id for job in claimed]})
    found = {row.job_id: row for row in rows}
    return [_due(job, found[job.id], now) for job in claimed]


def _due(job: Job, row: Any, now: datetime) -> DueDelivery:
    secrets = [row.secret] if row.is_active else []
    if secrets and row.previous_secret and now < row.previous_until:
        secrets.append(row.previous_secret)
    return DueDelivery(job, row.id, row.url, row.message_id, row.body, secrets)


def record_result(
    connection: Connection, due: DueDelivery, result: DeliveryResult, *, jitter: float, now: datetime
) -> str | None:
    """Records an attempt; returns the delivery's new status, or None if the lease was lost."""
    delay = None if result.is_final else retry_delay(due.job.attempts, jitter)
    next_attempt = None
    if result.error is None:
        status, held = "DELIVERED", outbox.finish(connection, [due.job])
    elif delay is None:
        status, held = "PARKED", outbox.finish(connection, [due.job])
    else:
        status, next_attempt = "PENDING", now + delay
        held = (
            {due.job.id} if outbox.postpone(connection, due.job, result.error, until=next_attempt) else set()
        )
    if not held:
        return None
    values = {
        "account": due.job.account_id,
        "delivery": due.job.subject_id,
        "new_status": status,
        "sent_to": due.url,
        "attempts_made": due.job.attempts if due.secrets else due.job.attempts - 1,
        "status_code": result.status,
        "reason": result.error,
        "next_attempt": next_attempt,
        "delivered": now if status == "DELIVERED" else None,
    }
    connection.execute(_RECORD, values)
    return status
