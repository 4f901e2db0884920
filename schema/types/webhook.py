"""Outgoing webhooks as the API shows them: the endpoints, and what was sent to them."""

from datetime import datetime

import strawberry

from invoicing.storage import tables
from schema.types.enums import WebhookDeliveryStatus, WebhookEvent


@strawberry.type(description="An address to which messages about events of the account are sent.")
class WebhookEndpoint:
    id: strawberry.ID = strawberry.field(description="A UUID.")
    url: str = strawberry.field(description="The address to which each message is sent by POST.")
    events: list[WebhookEvent] = strawberry.field(description="Which events are sent to it.")
    description: str | None = strawberry.field(description="What it is for.")
    is_active: bool = strawberry.field(
        description="If false, nothing is sent to it, and nothing is kept to be sent later."
    )
    created_at: datetime = strawberry.field(description="When it was made.")
    updated_at: datetime = strawberry.field(description="When it was changed, or its secret.")

    @classmethod
    def of(cls, row: tables.WebhookEndpoint) -> "WebhookEndpoint":
        return cls(
            id=strawberry.ID(row.id),
            url=row.url,
            events=[WebhookEvent(event) for event in row.events],
            description=row.description,
            is_active=row.is_active,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )


@strawberry.type(description="A message to one endpoint, and what came of it.")
class WebhookDelivery:
    id: strawberry.ID = strawberry.field(description="A UUID, for `replayWebhookDelivery`.")
    endpoint_id: strawberry.ID = strawberry.field(description="The endpoint, even if it was deleted since.")
    url: str = strawberry.field(description="Where it was sent last, or will be sent.")
    event: WebhookEvent = strawberry.field(description="The event that it is about.")
    message_id: str = strawberry.field(
        description="The header webhook-id: the same at every attempt, and to every endpoint."
    )
    body: str = strawberry.field(description="The JSON that is sent.")
    status: WebhookDeliveryStatus = strawberry.field(description="How far it is.")
    attempts: int = strawberry.field(description="How often it was tried, since it was last replayed.")
    response_status: int | None = strawberry.field(description="The HTTP status of the last answer.")
    error: str | None = strawberry.field(description="Why the last attempt failed.")
    next_attempt_at: datetime | None = strawberry.field(description="When it is tried next.")
    created_at: datetime = strawberry.field(description="When it happened.")
    delivered_at: datetime | None = strawberry.field(description="When it arrived.")

    @classmethod
    def of(cls, row: tables.WebhookDelivery) -> "WebhookDelivery":
        return cls(
            id=strawberry.ID(row.id),
            endpoint_id=strawberry.ID(row.endpoint_id),
            url=row.url,
            event=WebhookEvent(row.event),
            message_id=row.message_id,
            body=row.body,
            status=WebhookDeliveryStatus(row.status),
            attempts=row.attempts,
            response_status=row.response_status,
            error=row.error,
            next_attempt_at=row.next_attempt_at,
            created_at=row.created_at,
            delivered_at=row.delivered_at,
        )
