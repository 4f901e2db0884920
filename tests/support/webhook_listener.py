"""Creates webhook endpoints, and reads the messages that are stored for them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson
from sqlalchemy import select, update

from invoicing.access import Principal
from invoicing.keyring import Keyring
from invoicing.storage.database import Database
from invoicing.storage.tables import WebhookDelivery, WebhookEndpoint, webhook_deliveries
from invoicing.storage.tables import outbox as jobs
from invoicing.webhooks import endpoints
from invoicing.webhooks.events import WebhookEvent
from invoicing.webhooks.values import CreateWebhookEndpointValues
from tests.support.factories import NOW

KEYRING = Keyring("s" * 32)
ALL = [event for event in WebhookEvent if event is not WebhookEvent.WEBHOOK_TEST]


def endpoint(
    database: Database,
    principal: Principal,
    url: str = "https://shop.example/hook",
    events: Iterable[WebhookEvent] = ALL,
) -> tuple[WebhookEndpoint, str]:
    """An endpoint and its secret."""
    values: CreateWebhookEndpointValues = {"url": url, "events": list(events)}
    return database.write(endpoints.create_webhook_endpoint, principal, values, keyring=KEYRING, now=NOW)


def deliveries(database: Database, principal: Principal) -> list[WebhookDelivery]:
    """The log, oldest first."""
    statement = (
        select(webhook_deliveries)
        .where(webhook_deliveries.c.account_id == principal.account_id)
        .order_by(webhook_deliveries.c.id)
    )
    return database.read(lambda connection: list(connection.execute(statement)))  # type: ignore[arg-type]


def stored_messages(database: Database, principal: Principal) -> list[tuple[str, dict[str, Any]]]:
    """The types and data of the messages, oldest first."""
    bodies = [orjson.loads(row.body) for row in deliveries(database, principal)]
    return [(body["type"], body["data"]) for body in bodies]


def make_jobs_due(database: Database) -> None:
    """Makes all jobs due, as if delays and leases had passed."""
    database.write(lambda connection: connection.execute(update(jobs).values(run_after=NOW)))
