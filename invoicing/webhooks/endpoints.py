"""Webhook endpoints: who listens to what happens in an account, and the secrets that sign what they hear."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, cast
from urllib.parse import urlsplit

from sqlalchemy import Connection, bindparam, exists, func, insert, select, update

from invoicing import checks
from invoicing.access import Principal
from invoicing.accounts.settings import lock_account
from invoicing.checks import checked, optional, text
from invoicing.errors import EndpointInactive, NotFound, TooManyEndpoints, ValidationError
from invoicing.storage import outbox
from invoicing.storage.tables import WebhookEndpoint, accounts, new_id, webhook_deliveries, webhook_endpoints
from invoicing.storage.tables import outbox as jobs
from invoicing.webhooks import events
from invoicing.webhooks.events import DELIVER, WebhookEvent

PREFIX = "whsec_"
MOST = 20
BOTH_SIGN = timedelta(days=1)
"""How long the secret before a rotation goes on signing, beside the new one."""

_OURS = (webhook_endpoints.c.account_id == bindparam("account"), webhook_endpoints.c.deleted_at.is_(None))
_ENDPOINT = select(webhook_endpoints).where(*_OURS, webhook_endpoints.c.id == bindparam("endpoint"))
_ENDPOINTS = (
    select(webhook_endpoints)
    .where(*_OURS)
    .order_by(webhook_endpoints.c.created_at.desc(), webhook_endpoints.c.id.desc())
)
_COUNT = select(func.count()).select_from(webhook_endpoints).where(*_OURS)
_CHANGE = update(webhook_endpoints).where(
    webhook_endpoints.c.account_id == bindparam("account"), webhook_endpoints.c.id == bindparam("endpoint")
)
_NOTE = (
    update(accounts)
    .where(accounts.c.id == bindparam("account"))
    .values(has_webhooks=exists().where(*_OURS, webhook_endpoints.c.is_active))
)


def url(value: Any, field: str) -> str:
    """Whether its host may be called is known only when it is looked up: see `resolvers.hosts`."""
    clean = checks.web_address(value, field)
    try:
        parts = urlsplit(clean)
        plain = clean.isascii() and "\\" not in clean and parts.port != 0
    except ValueError:
        plain = False
    if not plain or not parts.hostname or parts.username is not None or parts.fragment:
        raise ValidationError(
            f"{field} must name a host, without a user or a #; other letters than ASCII's are encoded.",
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
    connection: Connection, principal: Principal, values: Mapping[str, Any], *, now: datetime
) -> tuple[WebhookEndpoint, str]:
    """An endpoint, and its secret: the only time that it can be seen."""
    mine = {"account": principal.account_id}
    lock_account(connection, principal.account_id)
    if connection.execute(_COUNT, mine).scalar_one() >= MOST:
        raise TooManyEndpoints(f"An account has {MOST} webhook endpoints at most: delete one first.")
    row = {
        "description": None,
        "is_active": True,
        **checked(values, CHECKS),
        "account_id": principal.account_id,
        "id": new_id(),
        "secret": _new_secret(),
        "created_at": now,
        "updated_at": now,
    }
    connection.execute(insert(webhook_endpoints).values(row))
    connection.execute(_NOTE, mine)
    return find_endpoint(connection, principal, str(row["id"])), str(row["secret"])


def update_webhook_endpoint(
    connection: Connection,
    principal: Principal,
    endpoint_id: str,
    values: Mapping[str, Any],
    *,
    now: datetime,
) -> WebhookEndpoint:
    """Changes what is given. What waits goes to the new URL; while it is not active, nothing goes there."""
    find_endpoint(connection, principal, endpoint_id)
    _change(connection, principal, endpoint_id, checked(values, CHECKS), now=now)
    return find_endpoint(connection, principal, endpoint_id)


def delete_webhook_endpoint(
    connection: Connection, principal: Principal, endpoint_id: str, *, now: datetime
) -> None:
    """Nothing is sent there any more, and the secrets are gone; the log of its deliveries stays."""
    find_endpoint(connection, principal, endpoint_id)
    gone = {"is_active": False, "secret": "", "previous_secret": None, "deleted_at": now}
    _change(connection, principal, endpoint_id, gone, now=now)


def rotate_webhook_secret(
    connection: Connection, principal: Principal, endpoint_id: str, *, now: datetime
) -> tuple[WebhookEndpoint, str]:
    """A new secret, to be seen this once. For a day the one before it signs too."""
    lock_account(connection, principal.account_id)
    before = find_endpoint(connection, principal, endpoint_id)
    secret = _new_secret()
    row = {"secret": secret, "previous_secret": before.secret, "previous_until": now + BOTH_SIGN}
    _change(connection, principal, endpoint_id, row, now=now)
    return find_endpoint(connection, principal, endpoint_id), secret


def send_test_webhook(
    connection: Connection, principal: Principal, endpoint_id: str, *, now: datetime
) -> str:
    """A message about nothing, whatever the endpoint listens to; answers the id of its delivery."""
    endpoint = find_endpoint(connection, principal, endpoint_id)
    if not endpoint.is_active:
        raise EndpointInactive(field="id", ids=[endpoint_id])
    data = {"webhook_endpoint_id": endpoint_id}
    (delivery_id,) = events.emit(connection, [endpoint], WebhookEvent.WEBHOOK_TEST, data, now=now)
    return delivery_id


def endpoints_of(connection: Connection, principal: Principal) -> Sequence[WebhookEndpoint]:
    """Newest first; not those that were deleted."""
    found = connection.execute(_ENDPOINTS, {"account": principal.account_id}).all()
    return cast(Sequence[WebhookEndpoint], found)


def find_endpoint(connection: Connection, principal: Principal, endpoint_id: str) -> WebhookEndpoint:
    key = {"account": principal.account_id, "endpoint": endpoint_id}
    found = connection.execute(_ENDPOINT, key).one_or_none()
    if found is None:
        raise NotFound(f"There is no webhook endpoint {endpoint_id}.", field="id", ids=[endpoint_id])
    return cast(WebhookEndpoint, found)


def _change(
    connection: Connection, principal: Principal, endpoint_id: str, row: dict[str, Any], *, now: datetime
) -> None:
    """One change of an account's endpoints at a time, or `has_webhooks` would miss one."""
    mine = {"account": principal.account_id}
    lock_account(connection, principal.account_id)
    connection.execute(_CHANGE.values(**row, updated_at=now), {**mine, "endpoint": endpoint_id})
    connection.execute(_NOTE, mine)
    if row.get("is_active") is False:
        _hurry(connection, principal.account_id, endpoint_id, now=now)


def _hurry(connection: Connection, account_id: str, endpoint_id: str, *, now: datetime) -> None:
    """What waits is looked at now, and parked."""
    waiting = select(webhook_deliveries.c.id).where(
        webhook_deliveries.c.account_id == account_id,
        webhook_deliveries.c.endpoint_id == endpoint_id,
        webhook_deliveries.c.status == "PENDING",
    )
    outbox.hurry(connection, account_id, DELIVER, jobs.c.subject_id.in_(waiting), now=now)


def _new_secret() -> str:
    """32 random bytes, as Standard Webhooks writes them: 24 to 64 are allowed."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()
