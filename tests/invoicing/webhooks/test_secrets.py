"""Webhooks' secrets are encrypted in the database, and readable after the server's secret was changed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from invoicing.access import Principal
from invoicing.keyring import Keyring, is_sealed
from invoicing.storage.database import Database
from invoicing.storage.tables import webhook_endpoints
from invoicing.webhooks import deliveries, endpoints
from invoicing.webhooks.secrets import Resealed, readable_secrets, seal_all
from tests.support.factories import NOW
from tests.support.webhook_listener import KEYRING, endpoint

CHANGED = Keyring("t" * 32, "s" * 32)
OTHER = Keyring("x" * 32)


def stored(database: Database) -> list[str]:
    """All secrets of all endpoints."""
    columns = select(webhook_endpoints.c.secret, webhook_endpoints.c.previous_secret)
    rows = database.read(lambda connection: connection.execute(columns).all())
    return [each for row in rows for each in row if each]


def read_by(database: Database, principal: Principal, endpoint_id: str, keyring: Keyring) -> list[str]:
    """The secrets that sign a message to the endpoint."""
    database.write(endpoints.send_test_webhook, principal, endpoint_id, now=NOW)
    claim = deliveries.claim_deliveries
    (due,) = database.write(claim, most=1, now=NOW, lease=timedelta(minutes=1))
    return readable_secrets(keyring, due)


@pytest.fixture
def plain(database: Database, principal: Principal) -> tuple[str, list[str]]:
    """An endpoint as versions before have stored it, and its two secrets; and one that was deleted."""
    made, _ = endpoint(database, principal)
    gone, _ = endpoint(database, principal)
    database.write(endpoints.delete_webhook_endpoint, principal, gone.id, now=NOW)
    secrets = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"]
    as_it_was = (
        update(webhook_endpoints)
        .where(webhook_endpoints.c.id == made.id)
        .values(secret=secrets[0], previous_secret=secrets[1], previous_until=NOW + timedelta(days=1))
    )
    database.write(lambda connection: connection.execute(as_it_was))
    return made.id, secrets


def test_no_secret_is_stored_as_it_is(database: Database, principal: Principal) -> None:
    made, first = endpoint(database, principal)
    _, second = database.write(endpoints.rotate_webhook_secret, principal, made.id, keyring=KEYRING, now=NOW)
    assert len(stored(database)) == 2
    assert all(map(is_sealed, stored(database)))
    assert read_by(database, principal, made.id, KEYRING) == [second, first]


def test_a_secret_that_is_copied_to_another_endpoint_is_not_read(
    database: Database, principal: Principal
) -> None:
    mine, theirs = (endpoint(database, principal)[0] for _ in range(2))
    copy = select(webhook_endpoints.c.secret).where(webhook_endpoints.c.id == theirs.id).scalar_subquery()
    over = update(webhook_endpoints).where(webhook_endpoints.c.id == mine.id).values(secret=copy)
    database.write(lambda connection: connection.execute(over))
    assert read_by(database, principal, mine.id, KEYRING) == []


def test_what_versions_before_have_stored_is_read_and_gets_encrypted(
    database: Database, principal: Principal, plain: tuple[str, list[str]]
) -> None:
    id, secrets = plain
    assert read_by(database, principal, id, KEYRING) == secrets
    assert database.write(seal_all, KEYRING, again=False) == Resealed(2, 0)
    sealed = stored(database)
    assert all(map(is_sealed, sealed))
    assert read_by(database, principal, id, KEYRING) == secrets
    assert database.write(seal_all, KEYRING, again=True) == Resealed(0, 0)
    assert stored(database) == sealed


def test_after_a_change_of_the_servers_secret_they_are_encrypted_again(
    database: Database, principal: Principal
) -> None:
    made, secret = endpoint(database, principal)
    assert database.write(seal_all, CHANGED, again=False) == Resealed(0, 0)
    assert read_by(database, principal, made.id, CHANGED) == [secret]
    assert database.write(seal_all, CHANGED, again=True) == Resealed(1, 0)
    assert read_by(database, principal, made.id, Keyring("t" * 32)) == [secret]
    assert read_by(database, principal, made.id, KEYRING) == []


def test_what_is_lost_is_counted_and_left_alone(database: Database, principal: Principal) -> None:
    made, secret = endpoint(database, principal)
    before = stored(database)
    for again in (False, True):
        assert database.write(seal_all, OTHER, again=again) == Resealed(0, 1)
    assert stored(database) == before
    assert read_by(database, principal, made.id, KEYRING) == [secret]


def test_a_lost_secret_is_replaced_by_a_rotation(database: Database, principal: Principal) -> None:
    made, _ = endpoint(database, principal)
    _, secret = database.write(endpoints.rotate_webhook_secret, principal, made.id, keyring=OTHER, now=NOW)
    assert read_by(database, principal, made.id, OTHER) == [secret]
