"""The tables of outgoing webhooks: endpoints, and the log of their deliveries."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from invoicing.storage.tables.base import (
    Stored,
    account_reference,
    index_where,
    index_without_nulls,
    instant_column,
    json_column,
)


class WebhookEndpoint(Stored):
    """Where messages about `events` are sent. Deleted ones stay for the log, without their secrets.

    Secrets are stored encrypted (`invoicing.keyring`). After a rotation both sign until `previous_until`, so
    that the receiver has time to change. `request` is the fingerprint of the request with the
    `idempotency_key`.
    """

    __tablename__ = "webhook_endpoints"
    __table_args__ = (
        index_without_nulls("webhook_endpoints_one_idempotency_key", "idempotency_key", unique=True),
    )

    account_id: str = Field(primary_key=True, foreign_key="accounts.id")
    id: str = Field(primary_key=True)
    url: str = Field(sa_type=Text)
    events: list[str] = json_column(nullable=False)
    description: str | None = Field(default=None, sa_type=Text)
    is_active: bool
    secret: str
    previous_secret: str | None = None
    previous_until: datetime | None = instant_column(nullable=True)
    idempotency_key: str | None = None
    request: str | None = None
    created_at: datetime = instant_column()
    updated_at: datetime = instant_column()
    deleted_at: datetime | None = instant_column(nullable=True)


class WebhookDelivery(Stored):
    """A message to one endpoint, and its result. `attempts` starts at 0 again when it is replayed."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        account_reference("endpoint_id", "webhook_endpoints"),
        CheckConstraint("status IN ('PENDING', 'DELIVERED', 'PARKED')", "status"),
        UniqueConstraint("account_id", "endpoint_id", "message_id"),
        index_where("status <> 'PENDING'", "webhook_deliveries_over", "created_at"),
        Index("webhook_deliveries_newest", "account_id", "created_at", "id"),
        Index("webhook_deliveries_of_endpoint", "account_id", "endpoint_id", "created_at", "id"),
    )

    account_id: str = Field(primary_key=True, foreign_key="accounts.id")
    id: str = Field(primary_key=True)
    endpoint_id: str
    url: str = Field(sa_type=Text)
    event: str
    message_id: str
    body: str = Field(sa_type=Text)
    status: str
    attempts: int
    response_status: int | None = None
    error: str | None = Field(default=None, sa_type=Text)
    next_attempt_at: datetime | None = instant_column(nullable=True)
    created_at: datetime = instant_column()
    delivered_at: datetime | None = instant_column(nullable=True)


webhook_endpoints = SQLModel.metadata.tables["webhook_endpoints"]
webhook_deliveries = SQLModel.metadata.tables["webhook_deliveries"]
