"""Somebody who listens to an account, and what there is to be sent to them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson
from sqlalchemy import select, update

from invoicing.access import Principal
from invoicing.storage.database import Database
from invoicing.storage.tables import WebhookDelivery, WebhookEndpoint, webhook_deliveries
from invoicing.storage.tables import outbox as jobs
from invoicing.webhooks import endpoints
from invoicing.webhooks.events import WebhookEvent
from tests.support.factories import NOW

ALL = [event for event in WebhookEvent if event is not WebhookEvent.WEBHOOK_TEST]


def endpoint(
    database: Database,
    principal: Principal,
    url: str = "https://shop.example/hook",
    events: Iterable[WebhookEvent] = ALL,
) -> tuple[WebhookEndpoint, str]:
    """An endpoint and its secret."""
    given = {"url": url, "events": list(events)}
    return database.write(endpoints.create_webhook_endpoint, principal, given, now=NOW)


def deliveries(database: Database, principal: Principal) -> list[WebhookDelivery]:
    """The log, oldest first."""
    mine = (
        select(webhook_deliveries)
        .where(webhook_deliveries.c.account_id == principal.account_id)
        .order_by(webhook_deliveries.c.id)
    )
    return database.read(lambda connection: list(connection.execute(mine)))  # type: ignore[arg-type]


def told(database: Database, principal: Principal) -> list[tuple[str, dict[str, Any]]]:
    """What is in the messages, oldest first."""
    bodies = [orjson.loads(row.body) for row in deliveries(database, principal)]
    return [(body["type"], body["data"]) for body in bodies]


def time_goes_by(database: Database) -> None:
    """The back-off and the leases have passed."""
    database.write(lambda connection: connection.execute(update(jobs).values(run_after=NOW)))
