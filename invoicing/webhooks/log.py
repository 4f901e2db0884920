"""The log of webhook deliveries, and sending one of them again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Connection, and_, bindparam, select, update

from invoicing.access import Principal
from invoicing.errors import EndpointInactive, NotFound
from invoicing.storage import outbox, pages, rows
from invoicing.storage.pages import Page, Window
from invoicing.storage.prepared import Prepared
from invoicing.storage.tables import WebhookDelivery, webhook_deliveries, webhook_endpoints
from invoicing.webhooks.events import DELIVER

_ACCOUNT_ID: BindParameter[str] = bindparam("account")
_THIS = (webhook_deliveries.c.account_id == _ACCOUNT_ID, webhook_deliveries.c.id == bindparam("delivery"))
_DELIVERY = Prepared(select(webhook_deliveries).where(*_THIS))
_IS_ACTIVE = (
    select(webhook_endpoints.c.is_active)
    .select_from(webhook_deliveries)
    .join(
        webhook_endpoints,
        and_(
            webhook_endpoints.c.account_id == webhook_deliveries.c.account_id,
            webhook_endpoints.c.id == webhook_deliveries.c.endpoint_id,
        ),
    )
    .where(*_THIS)
)
_RESTART = (
    update(webhook_deliveries)
    .where(*_THIS, webhook_deliveries.c.status != "PENDING")
    .values(status="PENDING", attempts=0, next_attempt_at=bindparam("moment"), delivered_at=None)
)
_FILTERS: Mapping[str, Callable[[Any], ColumnElement[bool]]] = {
    "endpoint_id": lambda id: webhook_deliveries.c.endpoint_id == id,
    "status": lambda status: webhook_deliveries.c.status == status,
    "event": lambda event: webhook_deliveries.c.event == event,
}


def find_delivery(connection: Connection, principal: Principal, delivery_id: str) -> WebhookDelivery:
    key = {"account": principal.account_id, "delivery": delivery_id}
    found = rows.one_or_none(connection, _DELIVERY, key, as_=WebhookDelivery)
    if found is None:
        raise NotFound(f"There is no webhook delivery {delivery_id}.", field="id", ids=[delivery_id])
    return found


def replay_webhook_delivery(
    connection: Connection, principal: Principal, delivery_id: str, *, now: datetime
) -> WebhookDelivery:
    """Sends a message again with its own id, and with all attempts anew. A waiting one is sent now."""
    found = find_delivery(connection, principal, delivery_id)
    key = {"account": principal.account_id, "delivery": delivery_id}
    if not connection.execute(_IS_ACTIVE, key).scalar_one():
        raise EndpointInactive(field="id", ids=[delivery_id])
    outbox.restart(connection, principal.account_id, DELIVER, delivery_id, found.endpoint_id, now=now)
    connection.execute(_RESTART, {**key, "moment": now})
    return find_delivery(connection, principal, delivery_id)


def deliveries_page(
    connection: Connection, principal: Principal, given: Mapping[str, Any], window: Window
) -> Page[WebhookDelivery]:
    """Deliveries, newest first, also those to deleted endpoints."""
    statement = select(webhook_deliveries)
    conditions = _where(principal, given)
    return pages.page(connection, statement, webhook_deliveries, conditions, window, as_=WebhookDelivery)


def deliveries_count(connection: Connection, principal: Principal, given: Mapping[str, Any]) -> int:
    return pages.count(connection, webhook_deliveries, _where(principal, given))


def _where(principal: Principal, given: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    conditions = [_FILTERS[name](value) for name, value in given.items() if value is not None]
    return [webhook_deliveries.c.account_id == principal.account_id, *conditions]
