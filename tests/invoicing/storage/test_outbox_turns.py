"""Jobs of several queues are claimed in turns, however long one of the queues is."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, event, insert, select, text

from invoicing.access import Principal
from invoicing.storage.database import Database
from invoicing.storage.migrations import running
from invoicing.storage.outbox import new_job_row
from invoicing.storage.outbox_turns import claim_in_turns
from invoicing.storage.tables import Job, outbox, webhook_deliveries
from invoicing.webhooks import endpoints
from tests.support import factories
from tests.support.factories import NOW
from tests.support.webhook_listener import endpoint

claimed = partial(claim_in_turns, kind="kind", now=NOW, lease=timedelta(minutes=1))


def fill(database: Database, account_id: str, queue: str, count: int) -> None:
    rows = [new_job_row(account_id, "kind", f"{queue}-{place}", queue, now=NOW) for place in range(count)]
    database.write(lambda connection: connection.execute(insert(outbox), rows))


@pytest.fixture
def filled(database: Database, principal: Principal) -> Database:
    """Two accounts, one with three queues, and one with a queue and jobs that are in none."""
    for queue in ("a1", "a2", "a3"):
        fill(database, principal.account_id, queue, 3)
    other = factories.principal(database)
    fill(database, other.account_id, "b1", 2)
    fill(database, other.account_id, "", 1)
    return database


def queues(database: Database, **limits: Any) -> list[str]:
    def claim(connection: Connection) -> list[Job]:
        return claimed(connection, **{"most": 9, **limits})

    return [job.queue for job in sorted(database.write(claim), key=lambda job: job.queue)]


def test_each_queue_gives_one_until_all_are_claimed(filled: Database) -> None:
    rounds = [queues(filled) for _ in range(4)]
    assert rounds == [["", "a1", "a2", "a3", "b1"], ["a1", "a2", "a3", "b1"], ["a1", "a2", "a3"], []]


def test_what_is_busy_gives_none(filled: Database, principal: Principal) -> None:
    assert queues(filled, busy_queues=["a1", "b1", "none"]) == ["", "a2", "a3"]
    assert queues(filled, busy_accounts=[principal.account_id]) == ["b1"]


def test_an_account_gives_no_more_than_it_has_places_for(filled: Database) -> None:
    first = queues(filled, of_account=1)
    assert (len(first), len([queue for queue in first if queue.startswith("a")])) == (2, 1)
    assert len(queues(filled, of_account=2)) == 3


def test_there_are_no_more_than_there_are_places(filled: Database) -> None:
    assert len(queues(filled, most=2)) == 2


def test_what_is_claimed_or_not_due_is_not_claimed_again(filled: Database) -> None:
    assert queues(filled, now=NOW - timedelta(seconds=1)) == []
    assert len([queues(filled) for _ in range(3)]) == 3
    assert queues(filled) == []
    assert queues(filled, now=NOW + timedelta(minutes=1)) == ["", "a1", "a2", "a3", "b1"]


def test_a_long_queue_is_not_read_to_find_the_others(database: Database, principal: Principal) -> None:
    """As SQLite plans it: each look at the jobs is a search by the index with the queue, or by the key."""
    if not database.is_sqlite:
        pytest.skip("PostgreSQL plans by what is in its tables")
    fill(database, principal.account_id, "long", 100)
    asked: list[Any] = []

    def keep(*given: Any) -> None:
        asked.append(given[2:4])

    def plan(connection: Connection) -> list[str]:
        event.listen(connection, "before_cursor_execute", keep)
        claimed(connection, most=9)
        statement, parameters = asked[0]
        return [
            row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]

    looks = [each for each in database.write(plan) if "outbox" in each]
    assert len(looks) > 3
    assert not [each for each in looks if not each.startswith("SEARCH outbox")]
    assert [each for each in looks if "INDEX outbox_due (kind=? AND queue=? AND run_after<?)" in each]


BEFORE = (
    "DROP INDEX outbox_due",
    "ALTER TABLE outbox DROP COLUMN queue",
    "CREATE INDEX outbox_due ON outbox (kind, run_after) WHERE failed_at IS NULL",
    "UPDATE alembic_version SET version_num = '0018'",
)


def test_jobs_of_before_stand_in_their_queues(database: Database, principal: Principal) -> None:
    made, _ = endpoint(database, principal)
    database.write(endpoints.send_test_webhook, principal, made.id, now=NOW)
    factories.invoice(database, principal)
    row = new_job_row(principal.account_id, "payment.ask", "p", principal.account_id, now=NOW)
    database.write(lambda connection: connection.execute(insert(outbox), [row]))
    settings = running.config()

    def migrate(connection: Connection) -> tuple[list[Any], list[Any]]:
        jobs = select(outbox).order_by(outbox.c.id)
        before = list(connection.execute(jobs))
        for statement in BEFORE:
            connection.execute(text(statement))
        settings.attributes["connection"] = connection
        command.upgrade(settings, "0019")
        return before, list(connection.execute(jobs))

    before, after = database.write(migrate)
    assert before == after
    assert {job.kind for job in after} == {"webhook.deliver", "invoice.render", "payment.ask"}
    of_endpoints = select(webhook_deliveries.c.endpoint_id).distinct()
    delivered_to = database.read(lambda connection: set(connection.execute(of_endpoints).scalars()))
    assert {job.queue for job in after if job.kind == "webhook.deliver"} == delivered_to
