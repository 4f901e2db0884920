"""Endpoints: creating, changing, deleting, rotating secrets; and when a delivery is tried again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any, cast

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
from invoicing.webhooks.deliveries import DeliveryResult, DueDelivery, retry_delay
from invoicing.webhooks.events import WebhookEvent
from invoicing.webhooks.secrets import readable_secrets
from invoicing.webhooks.values import UpdateWebhookEndpointValues
from tests.support import factories
from tests.support.factories import NOW
from tests.support.webhook_listener import KEYRING, deliveries, endpoint, make_jobs_due

MINUTE = timedelta(minutes=1)


def change(database: Database, principal: Principal, of: WebhookEndpoint, **values: Any) -> WebhookEndpoint:
    given = cast(UpdateWebhookEndpointValues, values)
    return database.write(endpoints.update_webhook_endpoint, principal, of.id, given, now=NOW)


def claim_all(database: Database) -> list[DueDelivery]:
    return database.write(delivering.claim_deliveries, most=9, now=NOW, lease=MINUTE)


def has_webhooks(database: Database, principal: Principal) -> bool:
    return database.read(account_settings.account, principal.account_id).has_webhooks


def test_the_account_knows_whether_anybody_listens(database: Database, principal: Principal) -> None:
    assert not has_webhooks(database, principal)
    one, _ = endpoint(database, principal)
    two, _ = endpoint(database, principal)
    assert has_webhooks(database, principal)
    change(database, principal, one, is_active=False)
    assert has_webhooks(database, principal)
    database.write(endpoints.delete_webhook_endpoint, principal, two.id, now=NOW)
    assert not has_webhooks(database, principal)
    change(database, principal, one, is_active=True)
    assert has_webhooks(database, principal)


def test_the_account_knows_it_also_after_simultaneous_changes(
    database: Database, principal: Principal
) -> None:
    for _ in range(5):
        deleted, _ = endpoint(database, principal)
        barrier = threading.Barrier(2)

        def start_thread(work: Callable[[], Any], barrier: threading.Barrier = barrier) -> threading.Thread:
            thread = threading.Thread(target=lambda: (barrier.wait(), work()))
            thread.start()
            return thread

        threads = [
            start_thread(lambda: endpoint(database, principal)),
            start_thread(
                lambda deleted=deleted: database.write(  # type: ignore[misc]
                    endpoints.delete_webhook_endpoint, principal, deleted.id, now=NOW
                )
            ),
        ]
        for thread in threads:
            thread.join()
        assert has_webhooks(database, principal)
        for left in database.read(endpoints.endpoints_of, principal):
            database.write(endpoints.delete_webhook_endpoint, principal, left.id, now=NOW)
        assert not has_webhooks(database, principal)


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
def test_an_invalid_url_is_refused(database: Database, principal: Principal, url: str) -> None:
    with pytest.raises(ValidationError):
        endpoint(database, principal, url)


@pytest.mark.parametrize("events", [[], [WebhookEvent.WEBHOOK_TEST], ["invoice.burnt"]])
def test_an_endpoint_needs_known_events(database: Database, principal: Principal, events: Any) -> None:
    with pytest.raises(ValidationError):
        endpoint(database, principal, events=events)


def test_an_account_has_twenty_endpoints_at_most(database: Database, principal: Principal) -> None:
    for _ in range(endpoints.MAX_ENDPOINTS):
        last, _ = endpoint(database, principal)
    with pytest.raises(TooManyEndpoints):
        endpoint(database, principal)
    database.write(endpoints.delete_webhook_endpoint, principal, last.id, now=NOW)
    assert endpoint(database, principal)


def test_after_a_rotation_both_secrets_sign_for_a_day(database: Database, principal: Principal) -> None:
    created, first = endpoint(database, principal)
    factories.invoice(database, principal)
    _, second = database.write(
        endpoints.rotate_webhook_secret, principal, created.id, keyring=KEYRING, now=NOW
    )
    assert first != second
    (due,) = claim_all(database)
    assert readable_secrets(KEYRING, due) == [second, first]
    make_jobs_due(database)
    (late,) = database.write(delivering.claim_deliveries, most=9, now=NOW + timedelta(days=1), lease=MINUTE)
    assert readable_secrets(KEYRING, late) == [second]


def test_a_deleted_endpoint_has_no_secrets_and_keeps_its_log(
    database: Database, principal: Principal
) -> None:
    created, _ = endpoint(database, principal)
    factories.invoice(database, principal)
    database.write(endpoints.delete_webhook_endpoint, principal, created.id, now=NOW)
    assert database.read(endpoints.endpoints_of, principal) == []
    for command in (
        endpoints.find_endpoint,
        lambda *args: endpoints.rotate_webhook_secret(*args, keyring=KEYRING, now=NOW),
        lambda *args: endpoints.delete_webhook_endpoint(*args, now=NOW),
        lambda *args: endpoints.send_test_webhook(*args, now=NOW),
    ):
        with pytest.raises(NotFound):
            database.write(command, principal, created.id)
    (row,) = deliveries(database, principal)
    assert (row.endpoint_id, row.status) == (created.id, "PENDING")
    (due,) = claim_all(database)
    assert due.secrets == []
    with pytest.raises(EndpointInactive):
        database.write(webhook_log.replay_webhook_delivery, principal, row.id, now=NOW)


def test_waiting_deliveries_of_an_endpoint_that_is_switched_off_are_parked_at_once(
    database: Database, principal: Principal
) -> None:
    created, _ = endpoint(database, principal)
    factories.invoice(database, principal)
    (due,) = claim_all(database)
    database.write(delivering.record_result, due, DeliveryResult(500, "No."), jitter=0.5, now=NOW)
    assert claim_all(database) == []
    change(database, principal, created, is_active=False)
    factories.invoice(database, principal)
    (due,) = claim_all(database)
    result = DeliveryResult(error="Not active.", is_final=True)
    assert database.write(delivering.record_result, due, result, jitter=0.5, now=NOW) == "PARKED"
    (row,) = deliveries(database, principal)
    assert (row.status, row.attempts, row.error, row.next_attempt_at) == ("PARKED", 1, "Not active.", None)


def test_waiting_deliveries_go_to_the_new_url(database: Database, principal: Principal) -> None:
    created, _ = endpoint(database, principal)
    factories.invoice(database, principal)
    change(database, principal, created, url="https://new.example/")
    (due,) = claim_all(database)
    database.write(delivering.record_result, due, DeliveryResult(200), jitter=0.5, now=NOW)
    (row,) = deliveries(database, principal)
    assert (row.url, row.status, row.delivered_at) == ("https://new.example/", "DELIVERED", NOW)


def test_a_worker_that_lost_the_lease_records_nothing(database: Database, principal: Principal) -> None:
    endpoint(database, principal)
    factories.invoice(database, principal)
    (late,) = claim_all(database)
    make_jobs_due(database)
    (due,) = claim_all(database)
    for result in (
        DeliveryResult(500, "No."),
        DeliveryResult(200),
        DeliveryResult(error="No.", is_final=True),
    ):
        assert database.write(delivering.record_result, late, result, jitter=0.5, now=NOW) is None
    (row,) = deliveries(database, principal)
    assert (row.status, row.attempts) == ("PENDING", 0)
    assert (
        database.write(delivering.record_result, due, DeliveryResult(200), jitter=0.5, now=NOW) == "DELIVERED"
    )


def test_busy_endpoints_are_left_out(database: Database, principal: Principal) -> None:
    busy, _ = endpoint(database, principal)
    free, _ = endpoint(database, principal)
    for _ in range(3):
        factories.invoice(database, principal)
    claimed = [
        database.write(delivering.claim_deliveries, busy=[busy.id], most=4, now=NOW, lease=MINUTE)
        for _ in range(4)
    ]
    assert [[each.endpoint_id for each in due] for due in claimed] == [[free.id]] * 3 + [[]]


@given(attempts=st.integers(1, 10), jitter=st.floats(0, 1))
def test_the_delay_is_that_of_the_schedule_within_a_tenth(attempts: int, jitter: float) -> None:
    delay, planned = retry_delay(attempts, jitter), delivering.RETRY_DELAYS[attempts - 1]
    assert delay is not None
    assert planned * 0.9 <= delay <= planned * 1.1


def test_after_a_day_and_eleven_attempts_there_is_no_further_attempt() -> None:
    delays = [retry_delay(attempts, 0.5) or timedelta() for attempts in range(1, 11)]
    assert delays == sorted(delays)
    assert timedelta(hours=23) < sum(delays, timedelta()) < timedelta(hours=24)
    assert retry_delay(11, 0.5) is None


def test_another_accounts_endpoints_and_deliveries_are_not_found(
    database: Database, principal: Principal
) -> None:
    created, _ = endpoint(database, principal)
    factories.invoice(database, principal)
    (row,) = deliveries(database, principal)
    neighbour = factories.principal(database)
    refusals: list[InvoicingError] = []
    for command, id in (
        (partial(endpoints.rotate_webhook_secret, keyring=KEYRING), created.id),
        (endpoints.delete_webhook_endpoint, created.id),
        (webhook_log.replay_webhook_delivery, row.id),
    ):
        with pytest.raises(NotFound) as refused:
            database.write(command, neighbour, id, now=NOW)
        refusals.append(refused.value)
    assert len(refusals) == 3
    assert database.read(endpoints.endpoints_of, neighbour) == []
