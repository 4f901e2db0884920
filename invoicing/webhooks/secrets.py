"""The secrets that sign webhooks: how they are made, and how they are kept in the database."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select, update

from invoicing.keyring import Keyring, is_sealed
from invoicing.storage.tables import WebhookEndpoint, webhook_endpoints
from invoicing.webhooks.deliveries import DueDelivery

PREFIX = "whsec_"
_COLUMNS = (webhook_endpoints.c.secret, webhook_endpoints.c.previous_secret)
_STORED = (
    select(webhook_endpoints.c.account_id, webhook_endpoints.c.id, *_COLUMNS)
    .where(webhook_endpoints.c.deleted_at.is_(None))
    .order_by(webhook_endpoints.c.account_id, webhook_endpoints.c.id)
)
_REPLACE = {  # only if nobody has changed it since it was read
    column.name: update(webhook_endpoints)
    .where(
        webhook_endpoints.c.account_id == bindparam("account"),
        webhook_endpoints.c.id == bindparam("endpoint"),
        column == bindparam("before"),
    )
    .values({column.name: bindparam("after")})
    for column in _COLUMNS
}


@dataclass(frozen=True, slots=True)
class Resealed:
    """How many secrets were encrypted, and how many nobody here can read."""

    sealed: int
    lost: int


def new_secret() -> str:
    """32 random bytes in the format of Standard Webhooks, which allows 24 to 64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def sealed(keyring: Keyring, secret: str, *, account_id: str, endpoint_id: str) -> str:
    """A secret as it is stored, for that endpoint alone."""
    return keyring.seal(secret, _owner(account_id, endpoint_id))


def opened(keyring: Keyring, endpoint: WebhookEndpoint) -> str:
    """The secret that signs for an endpoint."""
    return keyring.open(endpoint.secret, _owner(endpoint.account_id, endpoint.id))


def readable_secrets(keyring: Keyring, due: DueDelivery) -> list[str]:
    """Those of the delivery's secrets that can be read here."""
    owner = _owner(due.job.account_id, due.endpoint_id)
    return [keyring.open(stored, owner) for stored in due.secrets if keyring.can_open(stored, owner)]


def seal_all(connection: Connection, keyring: Keyring, *, again: bool) -> Resealed:
    """Encrypts what versions before stored as it is; `again`, also what is sealed under a former secret."""
    count = lost = 0
    for row in connection.execute(_STORED).all():
        owner = _owner(row.account_id, row.id)
        for column in _COLUMNS:
            stored = getattr(row, column.name)
            if not stored or keyring.is_current(stored):
                continue
            if not keyring.can_open(stored, owner):
                lost += 1
            elif again or not is_sealed(stored):
                values = {"before": stored, "after": keyring.seal(keyring.open(stored, owner), owner)}
                key = {"account": row.account_id, "endpoint": row.id}
                count += connection.execute(_REPLACE[column.name], {**key, **values}).rowcount
    return Resealed(count, lost)


def _owner(account_id: str, endpoint_id: str) -> str:
    return f"webhook_endpoints/{account_id}/{endpoint_id}"
