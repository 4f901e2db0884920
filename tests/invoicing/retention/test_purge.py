"""What is old and over is deleted, a few rows at a time; nothing else is."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, delete, event, func, select, update

from invoicing.access import COMMAND_LINE, Principal
from invoicing.customers import sessions
from invoicing.errors import NotFound
from invoicing.retention.purge import Retention, purge
from invoicing.storage.database import Database
from invoicing.storage.tables import outbox, webhook_deliveries
from invoicing.verify.books import verify
from invoicing.webhooks import endpoints
from invoicing.webhooks import log as webhook_log
from tests.support import factories
from tests.support.factories import NOW
from tests.support.webhook_listener import endpoint

DAYS = timedelta(days=30)
RETENTION = Retention(DAYS, DAYS)
LATER = NOW + DAYS + timedelta(seconds=1)
NOTHING = {"webhook_deliveries": 0, "customer_sessions": 0}


def send(database: Database, who: Principal, *statuses: str) -> list[str]:
    """Messages to an endpoint, with these results; the ids of their deliveries."""
    hook, _ = endpoint(database, who)
    made = [
        database.write(endpoints.send_test_webhook, who, hook.id, now=NOW + timedelta(seconds=place))
        for place in range(len(statuses))
    ]

    def set_results(connection: Connection) -> None:
        for id, status in zip(made, statuses, strict=True):
            change = update(webhook_deliveries).where(webhook_deliveries.c.id == id)
            connection.execute(change.values(status=status))
        over = [id for id, status in zip(made, statuses, strict=True) if status != "PENDING"]
        connection.execute(delete(outbox).where(outbox.c.subject_id.in_(over)))

    database.write(set_results)
    return made


def left(database: Database) -> Sequence[str]:
    statement = select(webhook_deliveries.c.id).order_by(webhook_deliveries.c.created_at)
    return database.read(lambda connection: connection.execute(statement).scalars().all())


def session(database: Database, who: Principal, customer_id: str, *, now: datetime = NOW) -> str:
    made, _ = database.write(
        sessions.create_customer_session,
        replace(who, actor=COMMAND_LINE),
        customer_id=customer_id,
        seconds=60,
        now=now,
    )
    return made.id


def test_deliveries_that_are_over_are_deleted_when_they_are_old(
    database: Database, principal: Principal
) -> None:
    delivered, waiting, parked, newer = send(
        database, principal, "DELIVERED", "PENDING", "PARKED", "DELIVERED"
    )
    assert database.write(purge, RETENTION, now=NOW + DAYS) == NOTHING
    now = NOW + DAYS + timedelta(seconds=2, microseconds=1)
    assert database.write(purge, RETENTION, now=now) == {**NOTHING, "webhook_deliveries": 2}
    assert left(database) == [waiting, newer]
    for gone in (delivered, parked):
        with pytest.raises(NotFound):
            database.write(webhook_log.replay_webhook_delivery, principal, gone, now=now)


def test_sessions_are_deleted_a_while_after_they_have_expired(
    database: Database, principal: Principal
) -> None:
    ann = factories.customer(database, principal)
    session(database, principal, ann.id)
    kept = session(database, principal, ann.id, now=NOW + DAYS)
    assert database.write(purge, RETENTION, now=NOW + DAYS) == NOTHING
    later = NOW + DAYS + timedelta(seconds=61)
    assert database.write(purge, RETENTION, now=later) == {**NOTHING, "customer_sessions": 1}
    database.write(sessions.revoke_customer_session, principal, kept, now=later)


def test_a_step_deletes_few_rows_and_the_oldest_first(database: Database, principal: Principal) -> None:
    made = send(database, principal, *["DELIVERED"] * 5)
    assert database.write(purge, RETENTION, most=2, now=LATER + DAYS)["webhook_deliveries"] == 2
    assert left(database) == made[2:]


def test_what_is_to_be_kept_for_good_is_kept(database: Database, principal: Principal) -> None:
    made = send(database, principal, "DELIVERED")
    assert database.write(purge, Retention(None, None), now=LATER + 100 * DAYS) == {}
    assert left(database) == made


def test_several_purge_at_once_and_delete_each_row_once(database: Database, principal: Principal) -> None:
    send(database, principal, *["DELIVERED"] * 12)

    def step(_: int) -> int:
        return database.write(purge, RETENTION, most=3, now=LATER + DAYS)["webhook_deliveries"]

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(step, range(12))) == 12
    assert left(database) == []


def test_what_was_made_under_a_key_is_found_under_it_however_old_it_is(
    database: Database, principal: Principal
) -> None:
    made = factories.order(database, principal, id="o", idempotency_key="k")
    database.write(purge, RETENTION, now=LATER + 1_000 * DAYS)
    again = factories.order(database, principal, id="o", idempotency_key="k", now=LATER + 1_000 * DAYS)
    assert again == made


def test_the_books_are_right_afterwards(database: Database, principal: Principal) -> None:
    send(database, principal, "DELIVERED")
    factories.invoice(database, principal)
    database.write(purge, RETENTION, now=LATER)
    assert database.read(verify).findings == []


@pytest.mark.parametrize(
    ("table", "index"),
    [("webhook_deliveries", "webhook_deliveries_over"), ("customer_sessions", "customer_sessions_over")],
)
def test_old_rows_are_found_by_an_index(database: Database, table: str, index: str) -> None:
    """And by nothing else: what is not old is not looked at."""

    def plan(connection: Connection) -> str:
        sent: list[tuple[str, Any]] = []

        def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
            sent.append((statement, parameters))

        event.listen(connection, "before_cursor_execute", note)
        purge(connection, RETENTION, now=NOW)
        event.remove(connection, "before_cursor_execute", note)
        ((statement, parameters),) = [each for each in sent if f"FROM {table} " in each[0]]
        if not database.is_sqlite:  # tables that are nearly empty are scanned
            connection.exec_driver_sql("SET enable_seqscan = off")
        explain = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN"
        rows = connection.exec_driver_sql(f"{explain} {statement}", parameters).all()
        return "\n".join(str(row[-1]) for row in rows)

    found = database.write(plan)
    assert index in found
    assert f"SCAN {table}" not in found
    assert "Seq Scan" not in found


def test_no_delivery_is_counted_twice(database: Database, principal: Principal) -> None:
    send(database, principal, "DELIVERED")
    counts = [database.write(purge, RETENTION, now=LATER)["webhook_deliveries"] for _ in range(2)]
    assert counts == [1, 0]
    total = select(func.count()).select_from(webhook_deliveries)
    assert database.read(lambda connection: connection.execute(total).scalar_one()) == 0
