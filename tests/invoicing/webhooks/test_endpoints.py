"""Endpoints: made, changed, deleted, their secrets rotated; and when a delivery is tried again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.access import Principal
from invoicing.accounts import settings as account_settings
from invoicing.errors import (
    EndpointInactive,
    InvoicingError,
    NotFound,
    TooManyEndpoints,
    ValidationError,
)
from invoicing.storage.database import Database
from invoicing.storage.tables import WebhookEndpoint
from invoicing.webhooks import deliveries as delivering
from invoicing.webhooks import endpoints
from invoicing.webhooks import log as webhook_log
from invoicing.webhooks.deliveries import Answer, Due, wait
from invoicing.webhooks.events import WebhookEvent
from tests.support import factories
from tests.support.factories import NOW
from tests.support.webhook_listener import deliveries, endpoint, time_goes_by

MINUTE = timedelta(minutes=1)


def change(database: Database, principal: Principal, of: WebhookEndpoint, **values: Any) -> WebhookEndpoint:
    return database.write(endpoints.update_webhook_endpoint, principal, of.id, values, now=NOW)


def claimed(database: Database) -> list[Due]:
    return database.write(delivering.claim, most=9, now=NOW, lease=MINUTE)


def listens(database: Database, principal: Principal) -> bool:
    return database.read(account_settings.account, principal.account_id).has_webhooks


def test_the_account_knows_whether_anybody_listens(database: Database, principal: Principal) -> None:
    assert not listens(database, principal)
    one, _ = endpoint(database, principal)
    two, _ = endpoint(database, principal)
    assert listens(database, principal)
    change(database, principal, one, is_active=False)
    assert listens(database, principal)
    database.write(endpoints.delete_webhook_endpoint, principal, two.id, now=NOW)
    assert not listens(database, principal)
    change(database, principal, one, is_active=True)
    assert listens(database, principal)


def test_the_account_knows_it_whatever_is_changed_at_once(database: Database, principal: Principal) -> None:
    for _ in range(5):
        gone, _ = endpoint(database, principal)
        here = threading.Barrier(2)

        def at_once(work: Callable[[], Any], here: threading.Barrier = here) -> threading.Thread:
            thread = threading.Thread(target=lambda: (here.wait(), work()))
            thread.start()
            return thread

        threads = [
            at_once(lambda: endpoint(database, principal)),
            at_once(
                lambda gone=gone: database.write(  # type: ignore[misc]
                    endpoints.delete_webhook_endpoint, principal, gone.id, now=NOW
                )
            ),
        ]
        for thread in threads:
            thread.join()
        assert listens(database, principal)
        for left in database.read(endpoints.endpoints_of, principal):
            database.write(endpoints.delete_webhook_endpoint, principal, left.id, now=NOW)
        assert not listens(database, principal)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://shop.example/hook",
        "https://",
        "https:///hook",
        "https://user:secret@shop.example/",
        "https://shop.example/#part",
        "https://shop.example:99999/",
        "https://shop.example:0/",
        "https://shop.example\\@127.0.0.1/",
        "https://bücher.example/",
        "https://[::1",
        "shop.example/hook",
        "",
    ],
)
def test_an_url_has_to_be_one(database: Database, principal: Principal, url: str) -> None:
    with pytest.raises(ValidationError):
        endpoint(database, principal, url)


@pytest.mark.parametrize("events", [[], [WebhookEvent.WEBHOOK_TEST], ["invoice.burnt"]])
def test_there_has_to_be_something_to_listen_to(
    database: Database, principal: Principal, events: Any
) -> None:
    with pytest.raises(ValidationError):
        endpoint(database, principal, events=events)


def test_an_account_has_twenty_endpoints_at_most(database: Database, principal: Principal) -> None:
    for _ in range(endpoints.MOST):
        last, _ = endpoint(database, principal)
    with pytest.raises(TooManyEndpoints):
        endpoint(database, principal)
    database.write(endpoints.delete_webhook_endpoint, principal, last.id, now=NOW)
    assert endpoint(database, principal)


def test_after_a_rotation_both_secrets_sign_for_a_day(database: Database, principal: Principal) -> None:
    made, first = endpoint(database, principal)
    factories.invoice(database, principal)
    _, second = database.write(endpoints.rotate_webhook_secret, principal, made.id, now=NOW)
    assert first != second
    (due,) = claimed(database)
    assert due.secrets == [second, first]
    time_goes_by(database)
    (late,) = database.write(delivering.claim, most=9, now=NOW + timedelta(days=1), lease=MINUTE)
    assert late.secrets == [second]


def test_a_deleted_endpoint_has_no_secrets_and_keeps_its_log(
    database: Database, principal: Principal
) -> None:
    made, _ = endpoint(database, principal)
    factories.invoice(database, principal)
    database.write(endpoints.delete_webhook_endpoint, principal, made.id, now=NOW)
    assert database.read(endpoints.endpoints_of, principal) == []
    for command in (
        endpoints.find_endpoint,
        lambda *args: endpoints.rotate_webhook_secret(*args, now=NOW),
        lambda *args: endpoints.delete_webhook_endpoint(*args, now=NOW),
        lambda *args: endpoints.send_test_webhook(*args, now=NOW),
    ):
        with pytest.raises(NotFound):
            database.write(command, principal, made.id)
    (row,) = deliveries(database, principal)
    assert (row.endpoint_id, row.status) == (made.id, "PENDING")
    (due,) = claimed(database)
    assert due.secrets == []
    with pytest.raises(EndpointInactive):
        database.write(webhook_log.replay_webhook_delivery, principal, row.id, now=NOW)


def test_what_waits_for_an_endpoint_that_is_put_to_sleep_is_parked_at_once(
    database: Database, principal: Principal
) -> None:
    made, _ = endpoint(database, principal)
    factories.invoice(database, principal)
    (due,) = claimed(database)
    database.write(delivering.record, due, Answer(500, "No."), jitter=0.5, now=NOW)
    assert claimed(database) == []
    change(database, principal, made, is_active=False)
    factories.invoice(database, principal)
    (due,) = claimed(database)
    answer = Answer(error="Not active.", is_final=True)
    assert database.write(delivering.record, due, answer, jitter=0.5, now=NOW) == "PARKED"
    (row,) = deliveries(database, principal)
    assert (row.status, row.attempts, row.error, row.next_attempt_at) == ("PARKED", 1, "Not active.", None)


def test_a_new_url_is_where_what_waits_goes(database: Database, principal: Principal) -> None:
    made, _ = endpoint(database, principal)
    factories.invoice(database, principal)
    change(database, principal, made, url="https://new.example/")
    (due,) = claimed(database)
    database.write(delivering.record, due, Answer(200), jitter=0.5, now=NOW)
    (row,) = deliveries(database, principal)
    assert (row.url, row.status, row.delivered_at) == ("https://new.example/", "DELIVERED", NOW)


def test_whoever_has_lost_the_lease_records_nothing(database: Database, principal: Principal) -> None:
    endpoint(database, principal)
    factories.invoice(database, principal)
    (late,) = claimed(database)
    time_goes_by(database)
    (due,) = claimed(database)
    for answer in (Answer(500, "No."), Answer(200), Answer(error="No.", is_final=True)):
        assert database.write(delivering.record, late, answer, jitter=0.5, now=NOW) is None
    (row,) = deliveries(database, principal)
    assert (row.status, row.attempts) == ("PENDING", 0)
    assert database.write(delivering.record, due, Answer(200), jitter=0.5, now=NOW) == "DELIVERED"


def test_the_endpoints_that_are_busy_are_left_out(database: Database, principal: Principal) -> None:
    busy, _ = endpoint(database, principal)
    free, _ = endpoint(database, principal)
    for _ in range(3):
        factories.invoice(database, principal)
    due = database.write(delivering.claim, busy=[busy.id], most=4, now=NOW, lease=MINUTE)
    assert {each.endpoint_id for each in due} == {free.id}
    assert len(due) == 3


@given(attempts=st.integers(1, 10), jitter=st.floats(0, 1))
def test_the_wait_is_the_schedules_give_or_take_a_tenth(attempts: int, jitter: float) -> None:
    pause, planned = wait(attempts, jitter), delivering.WAITS[attempts - 1]
    assert pause is not None
    assert planned * 0.9 <= pause <= planned * 1.1


def test_after_a_day_and_eleven_attempts_nothing_is_tried_any_more() -> None:
    waits = [wait(attempts, 0.5) or timedelta() for attempts in range(1, 11)]
    assert waits == sorted(waits)
    assert timedelta(hours=23) < sum(waits, timedelta()) < timedelta(hours=24)
    assert wait(11, 0.5) is None


def test_nobody_touches_what_is_another_accounts(database: Database, principal: Principal) -> None:
    made, _ = endpoint(database, principal)
    factories.invoice(database, principal)
    (row,) = deliveries(database, principal)
    neighbour = factories.principal(database)
    refusals: list[InvoicingError] = []
    for command, id in (
        (endpoints.rotate_webhook_secret, made.id),
        (endpoints.delete_webhook_endpoint, made.id),
        (webhook_log.replay_webhook_delivery, row.id),
    ):
        with pytest.raises(NotFound) as refused:
            database.write(command, neighbour, id, now=NOW)
        refusals.append(refused.value)
    assert len(refusals) == 3
    assert database.read(endpoints.endpoints_of, neighbour) == []
