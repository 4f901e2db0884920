"""Every message is delivered, at least once, under one id: whatever endpoints do, and whoever dies."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from invoicing.access import Principal
from invoicing.keyring import Keyring
from invoicing.storage.database import Database
from invoicing.storage.tables import Job, WebhookDelivery
from invoicing.storage.tables import outbox as jobs
from invoicing.webhooks import deliveries as delivering
from invoicing.webhooks import endpoints
from invoicing.webhooks import log as webhook_log
from invoicing.webhooks.deliveries import DueDelivery
from invoicing.webhooks.events import DELIVER, WebhookEvent
from resolvers.webhook_hosts import Hosts
from server.workers import webhooks as module
from server.workers.webhooks import MOST_TO_ONE, WebhookWorker
from tests.support import factories
from tests.support.factories import NOW
from tests.support.patience import PATIENCE
from tests.support.webhook_listener import KEYRING, deliveries, endpoint, make_jobs_due
from tests.support.webhook_receiver import Receiver, Reply, running_receiver

ROOT = Path(__file__).parents[3]
CREATED = [WebhookEvent.INVOICE_CREATED]


def drain(database: Database, *, timeout: float = PATIENCE) -> None:
    asyncio.run(WebhookWorker(database, Hosts(private=True), KEYRING, timeout=timeout).drain())


def listening(database: Database, principal: Principal, receiver: Receiver) -> str:
    """Answers the secret."""
    return endpoint(database, principal, receiver.url, CREATED)[1]


def only(database: Database, principal: Principal) -> WebhookDelivery:
    (row,) = deliveries(database, principal)
    return row


def waiting(database: Database) -> list[Job]:
    of_webhooks = select(jobs).where(jobs.c.kind == DELIVER)
    return database.read(lambda connection: list(connection.execute(of_webhooks)))  # type: ignore[arg-type]


def due_before(database: Database, moment: datetime) -> list[DueDelivery]:
    """What a worker finds a little earlier."""
    earlier = moment - timedelta(milliseconds=1)
    return database.write(delivering.claim_deliveries, most=99, now=earlier, lease=timedelta(minutes=1))


@asynccontextmanager
async def running(database: Database) -> AsyncIterator[None]:
    task = asyncio.create_task(WebhookWorker(database, Hosts(private=True), KEYRING).run())
    await asyncio.sleep(0)
    yield
    task.cancel()
    await asyncio.wait([task])


def test_a_message_is_delivered_signed_and_in_the_log(database: Database, principal: Principal) -> None:
    with running_receiver(Reply(204)) as receiver:
        secret = listening(database, principal, receiver)
        invoice = factories.invoice(database, principal)
        drain(database)
    (got,) = receiver.got
    message = got.verified(secret)
    assert (message["type"], message["data"]["id"]) == ("invoice.created", invoice.id)
    row = only(database, principal)
    assert (row.status, row.attempts, row.response_status, row.error) == ("DELIVERED", 1, 204, None)
    assert (row.message_id, row.body, row.next_attempt_at) == (got.id, got.body, None)
    assert row.delivered_at is not None
    assert waiting(database) == []


@pytest.mark.parametrize("failure", ["500", "302", "no answer", "refused"])
def test_what_fails_is_tried_again_under_the_same_id(
    database: Database, principal: Principal, failure: str
) -> None:
    first = Reply(hangs=True) if failure == "no answer" else Reply(302 if failure == "302" else 500)
    with running_receiver(first) as receiver:
        made, secret = endpoint(database, principal, receiver.url, CREATED)
        factories.invoice(database, principal)
        if failure == "refused":
            receiver.replies.clear()
            with running_receiver() as other:
                gone = other.url
            change_url(database, principal, made.id, gone)
        began = datetime.now(UTC)
        drain(database, timeout=3 if failure == "no answer" else PATIENCE)
        row = only(database, principal)
        assert (row.status, row.attempts, bool(row.error)) == ("PENDING", 1, True)
        assert row.next_attempt_at is not None
        assert row.next_attempt_at - began > timedelta(seconds=4)
        assert row.next_attempt_at - datetime.now(UTC) < timedelta(seconds=6)
        assert due_before(database, row.next_attempt_at) == []
        change_url(database, principal, made.id, receiver.url)
        make_jobs_due(database)
        receiver.free.set()
        drain(database)
    done = only(database, principal)
    assert (done.status, done.attempts, done.error) == ("DELIVERED", 2, None)
    assert {got.id for got in receiver.got} == {done.message_id}
    assert receiver.got[-1].verified(secret)


def change_url(database: Database, principal: Principal, endpoint_id: str, url: str) -> None:
    database.write(endpoints.update_webhook_endpoint, principal, endpoint_id, {"url": url}, now=NOW)


def test_after_the_last_attempt_it_is_parked_and_may_be_replayed(
    database: Database, principal: Principal
) -> None:
    attempts = len(delivering.RETRY_DELAYS) + 1
    with running_receiver(*[Reply(500, b"broken")] * attempts) as receiver:
        secret = listening(database, principal, receiver)
        factories.invoice(database, principal)
        planned = []
        for _ in range(attempts):
            drain(database)
            planned.append(only(database, principal).next_attempt_at)
            make_jobs_due(database)
        assert planned[:9] == sorted(when for when in planned[:9] if when)
        parked = only(database, principal)
        assert (parked.status, parked.attempts, parked.response_status) == ("PARKED", attempts, 500)
        assert (parked.error, parked.next_attempt_at) == ("It answered 500: broken", None)
        assert waiting(database) == []
        drain(database)
        assert len(receiver.got) == attempts

        again = database.write(webhook_log.replay_webhook_delivery, principal, parked.id, now=NOW)
        assert (again.status, again.attempts) == ("PENDING", 0)
        drain(database)
    assert only(database, principal).status == "DELIVERED"
    assert len({got.id for got in receiver.got}) == 1
    assert receiver.got[-1].verified(secret)


def test_what_was_delivered_may_be_sent_again(database: Database, principal: Principal) -> None:
    with running_receiver() as receiver:
        listening(database, principal, receiver)
        factories.invoice(database, principal)
        drain(database)
        row = only(database, principal)
        for _ in range(2):  # as somebody who presses a button twice
            database.write(webhook_log.replay_webhook_delivery, principal, row.id, now=NOW)
        drain(database)
    assert [got.id for got in receiver.got] == [row.message_id] * 2


def test_a_replay_hurries_what_waits(database: Database, principal: Principal) -> None:
    with running_receiver(Reply(500)) as receiver:
        listening(database, principal, receiver)
        factories.invoice(database, principal)
        drain(database)
        row = only(database, principal)
        database.write(webhook_log.replay_webhook_delivery, principal, row.id, now=NOW)
        drain(database)
    assert [got.id for got in receiver.got] == [row.message_id] * 2
    assert only(database, principal).attempts == 2


def test_nothing_goes_to_an_endpoint_that_is_gone(database: Database, principal: Principal) -> None:
    with running_receiver() as receiver:
        made, _ = endpoint(database, principal, receiver.url, CREATED)
        factories.invoice(database, principal)
        database.write(endpoints.delete_webhook_endpoint, principal, made.id, now=NOW)
        drain(database)
    assert receiver.got == []
    row = only(database, principal)
    assert (row.status, row.attempts, row.error) == ("PARKED", 0, "The endpoint is not active.")


def test_a_message_whose_secret_is_lost_fails_and_says_why(database: Database, principal: Principal) -> None:
    with running_receiver() as receiver:
        secret = listening(database, principal, receiver)
        factories.invoice(database, principal)
        stranger = WebhookWorker(database, Hosts(private=True), Keyring("x" * 32))
        asyncio.run(stranger.drain())
        row = only(database, principal)
        assert (row.status, row.attempts, receiver.got) == ("PENDING", 1, [])
        assert "INVOICING_SECRET_KEY" in str(row.error)
        make_jobs_due(database)
        drain(database)
    assert receiver.got[0].verified(secret)
    assert only(database, principal).status == "DELIVERED"


def test_of_two_workers_one_sends_each_message(database: Database, principal: Principal) -> None:
    with running_receiver() as receiver:
        listening(database, principal, receiver)
        for _ in range(30):
            factories.invoice(database, principal)

        async def both() -> None:
            hosts = Hosts(private=True)
            await asyncio.gather(*(WebhookWorker(database, hosts, KEYRING).drain() for _ in range(2)))

        asyncio.run(both())
    sent = [got.id for got in receiver.got]
    assert len(sent) == len(set(sent)) == 30
    assert {row.status for row in deliveries(database, principal)} == {"DELIVERED"}


def test_an_endpoint_that_hangs_holds_nobody_else_up(database: Database, principal: Principal) -> None:
    with running_receiver(*[Reply(hangs=True)] * 40) as slow, running_receiver() as quick:
        listening(database, principal, slow)
        for _ in range(40):
            factories.invoice(database, principal)
        listening(database, principal, quick)
        factories.invoice(database, principal)

        async def run() -> None:
            async with running(database):
                await asyncio.to_thread(quick.wait)
                await asyncio.to_thread(slow.wait, MOST_TO_ONE)
                assert len(slow.got) == MOST_TO_ONE
                slow.replies.clear()
                slow.free.set()
                await asyncio.to_thread(slow.wait, 41 - MOST_TO_ONE)

        asyncio.run(run())
    assert len({got.id for got in slow.got}) == 41


@pytest.mark.anyio
async def test_a_commit_sends_at_once(
    database: Database, principal: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "POLL", 10.0 * PATIENCE)
    with running_receiver() as receiver:
        listening(database, principal, receiver)
        async with running(database):
            for _ in range(3):
                await asyncio.to_thread(factories.invoice, database, principal)
                await asyncio.to_thread(receiver.wait)


@pytest.mark.anyio
async def test_what_was_on_its_way_when_the_server_stops_is_sent_by_the_next(
    database: Database, principal: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "GRACE", 0.05)
    with running_receiver(Reply(hangs=True)) as receiver:
        listening(database, principal, receiver)
        await asyncio.to_thread(factories.invoice, database, principal)
        async with running(database):
            await asyncio.to_thread(receiver.wait)
        await asyncio.to_thread(drain, database)
    assert only(database, principal).attempts == 1
    assert len(receiver.got) == 2
    assert len({got.id for got in receiver.got}) == 1


def test_a_process_killed_between_the_sending_and_the_record_sends_again_under_the_same_id(
    database: Database, principal: Principal
) -> None:
    with running_receiver(Reply(hangs=True)) as receiver:
        secret = listening(database, principal, receiver)
        factories.invoice(database, principal)
        url = database.url.render_as_string(hide_password=False)
        process = subprocess.Popen([sys.executable, "-m", "tests.support.sending_process", url], cwd=ROOT)
        receiver.wait()
        process.kill()
        process.wait()
        assert only(database, principal).status == "PENDING"
        (job,) = waiting(database)
        assert due_before(database, job.run_after) == []  # the lease holds
        make_jobs_due(database)
        drain(database)
    first, second = receiver.got
    assert first.id == second.id == only(database, principal).message_id
    assert first.verified(secret) == second.verified(secret)
    assert only(database, principal).status == "DELIVERED"
    assert waiting(database) == []


def test_many_messages_that_wait_for_one_endpoint_do_not_slow_the_others_down(
    database: Database, principal: Principal
) -> None:
    busy, _ = endpoint(database, principal)
    for _ in range(300):
        database.write(endpoints.send_test_webhook, principal, busy.id, now=NOW)
    free, _ = endpoint(database, principal)
    database.write(endpoints.send_test_webhook, principal, free.id, now=NOW)
    due = database.write(
        delivering.claim_deliveries, busy=[busy.id], most=32, now=NOW, lease=timedelta(minutes=1)
    )
    assert [each.endpoint_id for each in due] == [free.id]
