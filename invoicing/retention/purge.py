"""Purges old rows, a few in each transaction, so that nobody waits for long.

Nothing that a caller relies on goes: idempotency keys are columns of what was made under them, and stay as
long as it does; invoices, payments and the audit log stay for good.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, select, tuple_
from sqlalchemy.sql.dml import ReturningDelete

from invoicing.locks import skip_locked
from invoicing.storage.tables import customer_sessions, webhook_deliveries

ROWS = 200  # in a transaction


@dataclass(frozen=True, slots=True)
class Retention:
    """How long what is over is kept; None keeps it for good."""

    webhook_deliveries: timedelta | None
    customer_sessions: timedelta | None


def _deletion(table: Table, since: str, *conditions: Any) -> ReturningDelete[Any]:
    """Deletes the oldest rows, but for those that another worker is deleting."""
    key = list(table.primary_key)
    oldest = (
        select(*key)
        .where(table.c[since] < bindparam("before"), *conditions)
        .order_by(table.c[since])
        .limit(bindparam("most"))
    )
    old = skip_locked(oldest).cte("old")
    is_old = tuple_(*key).in_(select(*(old.c[column.name] for column in key)))
    return delete(table).where(is_old).returning(table.c.id)


DELETIONS: Mapping[str, ReturningDelete[Any]] = {
    webhook_deliveries.name: _deletion(
        webhook_deliveries, "created_at", webhook_deliveries.c.status != "PENDING"
    ),
    customer_sessions.name: _deletion(customer_sessions, "expires_at"),
}
"""By table: deliveries that arrived or were given up, and sessions that have expired."""


def purge(connection: Connection, retention: Retention, *, most: int = ROWS, now: datetime) -> dict[str, int]:
    """Deletes up to `most` old rows of each table; returns how many, by table."""
    purged = {}
    for table, deletion in DELETIONS.items():
        kept: timedelta | None = getattr(retention, table)
        if kept is not None:
            gone = connection.execute(deletion, {"before": now - kept, "most": most})
            purged[table] = len(gone.scalars().all())
    return purged
