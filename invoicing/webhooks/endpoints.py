"""Webhook endpoints of an account, and the secrets that sign their messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, bindparam, exists, func, insert, select, update

from invoicing import checks
from invoicing.access import Principal
from invoicing.checks import checked, optional, text
from invoicing.errors import EndpointInactive, NotFound, TooManyEndpoints, ValidationError
from invoicing.idempotency import find_in, make_once
from invoicing.keyring import Keyring
from invoicing.locks import lock_account
from invoicing.storage import outbox, rows
from invoicing.storage.prepared import Prepared
from invoicing.storage.tables import WebhookEndpoint, accounts, new_id, webhook_deliveries, webhook_endpoints
from invoicing.storage.tables import outbox as jobs
from invoicing.webhooks import events
from invoicing.webhooks.events import DELIVER, WebhookEvent
from invoicing.webhooks.secrets import new_secret, opened, sealed
from invoicing.webhooks.values import CreateWebhookEndpointValues, UpdateWebhookEndpointValues

MAX_ENDPOINTS = 20
ROTATION_OVERLAP = timedelta(days=1)
"""After a rotation the old secret signs for this long too, beside the new one."""

_NOT_DELETED = (
    webhook_endpoints.c.account_id == bindparam("account"),
    webhook_endpoints.c.deleted_at.is_(None),
)
_ENDPOINT = Prepared(
    select(webhook_endpoints).where(*_NOT_DELETED, webhook_endpoints.c.id == bindparam("endpoint"))
)
_ENDPOINTS = Prepared(
    select(webhook_endpoints)
    .where(*_NOT_DELETED)
    .order_by(webhook_endpoints.c.created_at.desc(), webhook_endpoints.c.id.desc())
)
_COUNT = select(func.count()).select_from(webhook_endpoints).where(*_NOT_DELETED)
_CHANGE = update(webhook_endpoints).where(
    webhook_endpoints.c.account_id == bindparam("account"), webhook_endpoints.c.id == bindparam("endpoint")
)
_UNDER_KEY = find_in(webhook_endpoints, WebhookEndpoint)
_UPDATE_HAS_WEBHOOKS = (
    update(accounts)
    .where(accounts.c.id == bindparam("account"))
    .values(has_webhooks=exists().where(*_NOT_DELETED, webhook_endpoints.c.is_active))
)


def url(value: Any, field: str) -> str:
    """A valid URL. Whether its host may be called is checked later, by `resolvers.webhook_hosts`."""
    clean = checks.web_address(value, field)
    try:
        parts = urlsplit(clean)
        plain = clean.isascii() and "\\" not in clean and parts.port != 0
    except ValueError:
        plain = False
    if not plain or not parts.hostname or parts.username is not None or parts.fragment:
        raise ValidationError(
            f"{field} must name a host, without a user or a #; characters outside ASCII must be encoded.",
            field=field,
        )
    return clean


def _events(value: Any, field: str) -> list[str]:
    known = [event for event in WebhookEvent if event is not WebhookEvent.WEBHOOK_TEST]
    if not value or not set(value) <= set(known):
        raise ValidationError(f"{field} must be one or more of {', '.join(known)}.", field=field)
    return [event for event in known if event in value]


CHECKS: Mapping[str, checks.Check] = {
    "url": url,
    "events": _events,
    "description": optional(text(500)),
    "is_active": checks.flag,
}


def create_webhook_endpoint(
    connection: Connection,
    principal: Principal,
    values: CreateWebhookEndpointValues,
    *,
    keyring: Keyring,
    now: datetime,
) -> tuple[WebhookEndpoint, str]:
    """Creates an endpoint. Returns it with its secret, which cannot be read again later.

    With the same `idempotency_key` and the same request again, it returns the endpoint made the first time.
    """
    key = optional(checks.identifier)(values.get("idempotency_key"), "idempotency_key")
    lock_account(connection, principal.account_id)
    make = partial(_create, connection, principal, values, keyring=keyring, now=now)
    made = make_once(connection, principal, _UNDER_KEY, key, partial(_asked, values), make)
    endpoint = find_endpoint(connection, principal, made.id)  # unless it was deleted since
    return endpoint, opened(keyring, endpoint)


def _asked(values: CreateWebhookEndpointValues) -> tuple[Any, ...]:
    """What identifies a request for a new endpoint: all its values except the key."""
    given = {name: value for name, value in values.items() if name != "idempotency_key"}
    return "create_webhook_endpoint", given


def _create(
    connection: Connection,
    principal: Principal,
    values: CreateWebhookEndpointValues,
    kept: Mapping[str, str],
    *,
    keyring: Keyring,
    now: datetime,
) -> WebhookEndpoint:
    key = {"account": principal.account_id}
    if connection.execute(_COUNT, key).scalar_one() >= MAX_ENDPOINTS:
        raise TooManyEndpoints(f"An account has at most {MAX_ENDPOINTS} webhook endpoints: delete one first.")
    id = new_id()
    row = {
        "description": None,
        "is_active": True,
        **checked(values, CHECKS),
        **kept,
        "account_id": principal.account_id,
        "id": id,
        "secret": sealed(keyring, new_secret(), account_id=principal.account_id, endpoint_id=id),
        "created_at": now,
        "updated_at": now,
    }
    connection.execute(insert(webhook_endpoints).values(row))
    connection.execute(_UPDATE_HAS_WEBHOOKS, key)
    return find_endpoint(connection, principal, id)


def update_webhook_endpoint(
    connection: Connection,
    principal: Principal,
    endpoint_id: str,
    values: UpdateWebhookEndpointValues,
    *,
    now: datetime,
) -> WebhookEndpoint:
    """Changes the given fields. Waiting deliveries go to the new URL, or are parked if it is not active."""
    find_endpoint(connection, principal, endpoint_id)
    _change(connection, principal, endpoint_id, checked(values, CHECKS), now=now)
    return find_endpoint(connection, principal, endpoint_id)


def delete_webhook_endpoint(
    connection: Connection, principal: Principal, endpoint_id: str, *, now: datetime
) -> None:
    """Stops all deliveries and erases the secrets; the log of its deliveries stays."""
    find_endpoint(connection, principal, endpoint_id)
    deleted = {"is_active": False, "secret": "", "previous_secret": None, "deleted_at": now}
    _change(connection, principal, endpoint_id, deleted, now=now)


def rotate_webhook_secret(
    connection: Connection, principal: Principal, endpoint_id: str, *, keyring: Keyring, now: datetime
) -> tuple[WebhookEndpoint, str]:
    """Replaces the secret. Returns the new one, only this once; the old one signs for a day too."""
    lock_account(connection, principal.account_id)
    before = find_endpoint(connection, principal, endpoint_id)
    secret = new_secret()
    row = {
        "secret": sealed(keyring, secret, account_id=principal.account_id, endpoint_id=endpoint_id),
        "previous_secret": before.secret,
        "previous_until": now + ROTATION_OVERLAP,
    }
    _change(connection, principal, endpoint_id, row, now=now)
    return find_endpoint(connection, principal, endpoint_id), secret


def send_test_webhook(
    connection: Connection, principal: Principal, endpoint_id: str, *, now: datetime
) -> str:
    """Sends a test message, whatever events the endpoint has; returns the id of the delivery."""
    endpoint = find_endpoint(connection, principal, endpoint_id)
    if not endpoint.is_active:
        raise EndpointInactive(field="id", ids=[endpoint_id])
    data = {"webhook_endpoint_id": endpoint_id}
    (delivery_id,) = events.emit(connection, [endpoint], WebhookEvent.WEBHOOK_TEST, data, now=now)
    return delivery_id


def endpoints_of(connection: Connection, principal: Principal) -> Sequence[WebhookEndpoint]:
    """The endpoints that are not deleted, newest first."""
    return rows.all_(connection, _ENDPOINTS, {"account": principal.account_id}, as_=WebhookEndpoint)


def find_endpoint(connection: Connection, principal: Principal, endpoint_id: str) -> WebhookEndpoint:
    key = {"account": principal.account_id, "endpoint": endpoint_id}
    found = rows.one_or_none(connection, _ENDPOINT, key, as_=WebhookEndpoint)
    if found is None:
        raise NotFound(f"There is no webhook endpoint {endpoint_id}.", field="id", ids=[endpoint_id])
    return found


def _change(
    connection: Connection, principal: Principal, endpoint_id: str, row: dict[str, Any], *, now: datetime
) -> None:
    """Changes an endpoint. The account is locked, so that `has_webhooks` counts simultaneous changes too."""
    key = {"account": principal.account_id}
    lock_account(connection, principal.account_id)
    connection.execute(_CHANGE.values(**row, updated_at=now), {**key, "endpoint": endpoint_id})
    connection.execute(_UPDATE_HAS_WEBHOOKS, key)
    if row.get("is_active") is False:
        _make_waiting_due(connection, principal.account_id, endpoint_id, now=now)


def _make_waiting_due(connection: Connection, account_id: str, endpoint_id: str, *, now: datetime) -> None:
    """Makes waiting deliveries due, so that the worker parks them at once."""
    waiting = select(webhook_deliveries.c.id).where(
        webhook_deliveries.c.account_id == account_id,
        webhook_deliveries.c.endpoint_id == endpoint_id,
        webhook_deliveries.c.status == "PENDING",
    )
    outbox.make_due(connection, account_id, DELIVER, jobs.c.subject_id.in_(waiting), now=now)
