"""Claims jobs of several queues in turns: one of each queue, so that a long one does not hold up the others.

A queue's next job is found by the index alone, however many wait behind it or before it in other queues. A
job that another worker takes at the same moment is left to that worker: locked rows are skipped.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CTE, BindParameter, Connection, Select, bindparam, func, select
from sqlalchemy.sql.dml import ReturningUpdate

from invoicing.storage import outbox as outbox_jobs
from invoicing.storage import rows
from invoicing.storage.id_lists import id_list, is_one_of
from invoicing.storage.outbox import leasing
from invoicing.storage.prepared import Prepared
from invoicing.storage.tables import Job, new_id, outbox

_KIND: BindParameter[str] = bindparam("of_kind")
_NOW: BindParameter[datetime] = bindparam("now")


def _waiting_queues() -> CTE:
    """The queues that have jobs, each found from the one before it; a null at the end."""
    first, after = outbox.alias(), outbox.alias()
    queues = select(
        select(first.c.queue)
        .where(first.c.kind == _KIND, first.c.failed_at.is_(None))
        .order_by(first.c.queue)
        .limit(1)
        .scalar_subquery()
        .label("queue")
    ).cte("queues", recursive=True)
    following = (
        select(after.c.queue)
        .where(after.c.kind == _KIND, after.c.failed_at.is_(None), after.c.queue > queues.c.queue)
        .order_by(after.c.queue)
        .limit(1)
        .scalar_subquery()
    )
    return queues.union_all(select(following).where(queues.c.queue.is_not(None)))


def _statement() -> ReturningUpdate[Any]:
    queues, next_one, waiting = _waiting_queues(), outbox.alias(), outbox.alias()
    head = (
        select(next_one.c.id)
        .where(
            next_one.c.kind == _KIND,
            next_one.c.queue == queues.c.queue,
            next_one.c.failed_at.is_(None),
            next_one.c.run_after <= _NOW,
        )
        .order_by(next_one.c.run_after)
        .limit(1)
        .scalar_subquery()
    )
    heads = select(head.label("id")).where(~is_one_of(queues.c.queue, id_list("busy_queues"))).cte("heads")
    place = func.row_number().over(partition_by=waiting.c.account_id, order_by=waiting.c.run_after)
    ranked = (
        select(waiting.c.id, waiting.c.run_after, place.label("place"))
        .join(heads, heads.c.id == waiting.c.id)
        .where(~is_one_of(waiting.c.account_id, id_list("busy_accounts")))
        .cte("ranked")
    )
    chosen = (
        select(ranked.c.id)
        .where(ranked.c.place <= bindparam("of_account"))
        .order_by(ranked.c.run_after)
        .limit(bindparam("most"))
        .cte("chosen")
    )
    due = (  # a CTE, which PostgreSQL runs only once; what another has claimed since is not due any more
        select(outbox.c.id)
        .where(outbox.c.id.in_(select(chosen.c.id)), outbox.c.failed_at.is_(None), outbox.c.run_after <= _NOW)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    return leasing(due)


def _due_statement() -> Select[Any]:
    queues, first = _waiting_queues(), outbox.alias()
    since = (
        select(func.min(first.c.run_after))
        .where(first.c.kind == _KIND, first.c.queue == queues.c.queue, first.c.failed_at.is_(None))
        .scalar_subquery()
    )
    heads = select(queues.c.queue, since.label("since")).where(queues.c.queue.is_not(None)).cte("heads")
    due = select(heads.c.queue).where(heads.c.since <= _NOW)
    return due.order_by(heads.c.since, heads.c.queue).limit(bindparam("most"))


_CLAIM = Prepared(_statement)
_DUE = Prepared(_due_statement)


def claim_in_turns(
    connection: Connection,
    kind: str,
    *,
    most: int,
    of_account: int | None = None,
    busy_queues: Collection[str] = (),
    busy_accounts: Collection[str] = (),
    now: datetime,
    lease: timedelta,
) -> list[Job]:
    """The job of each queue that is due longest, leased to the caller: `most` in all, and of one account.

    Call it again while it returns some: a queue may have more.
    """
    values = {
        "of_kind": kind,
        "now": now,
        "until": now + lease,
        "token": new_id(),
        "most": most,
        "of_account": most if of_account is None else of_account,
        "busy_queues": list(busy_queues),
        "busy_accounts": list(busy_accounts),
    }
    return sorted(rows.all_(connection, _CLAIM, values, as_=Job), key=lambda job: job.id)


def claim_in_shares(
    connection: Connection, kind: str, *, most: int, now: datetime, lease: timedelta
) -> list[Job]:
    """Up to `most` jobs, leased to the caller: each queue has its share, and what is left of those with more.

    For a kind whose jobs are done in batches, so that few jobs do not wait for the many of another queue.
    """
    due = {"of_kind": kind, "now": now, "most": most}
    queues = rows.values(connection, _DUE, due)
    claimed: list[Job] = []
    for share in dict.fromkeys((-(-most // len(queues)), most)) if queues else ():
        for queue in queues:
            if left := min(share, most - len(claimed)):
                claimed += outbox_jobs.claim(connection, kind, queue, most=left, now=now, lease=lease)
    return sorted(claimed, key=lambda job: job.id)
