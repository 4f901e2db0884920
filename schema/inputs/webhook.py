"""What the changes of outgoing webhooks take."""

import strawberry

from schema.types.enums import WebhookEvent

_ENDPOINT = "Its id, from `webhookEndpoints`."


@strawberry.input
class CreateWebhookEndpointInput:
    url: str = strawberry.field(description="https://… or http://…, at a public address.")
    events: list[WebhookEvent] = strawberry.field(description="Which events are sent to it.")
    description: str | None = strawberry.field(default=strawberry.UNSET, description="What it is for.")
    idempotency_key: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="1 to 255 characters of yours. The same request again under it makes no other endpoint, "
        "and returns the one made the first time with its secret, until it is deleted.",
    )


@strawberry.input(description="What is left out stays as it is.")
class UpdateWebhookEndpointInput:
    id: str = strawberry.field(description=_ENDPOINT)
    url: str | None = strawberry.field(
        default=strawberry.UNSET, description="Messages that wait to be sent go there too."
    )
    events: list[WebhookEvent] | None = strawberry.field(
        default=strawberry.UNSET, description="Which events are sent to it from now on."
    )
    description: str | None = strawberry.field(default=strawberry.UNSET, description="What it is for.")
    is_active: bool | None = strawberry.field(
        default=strawberry.UNSET, description="False parks the messages that wait to be sent."
    )


@strawberry.input
class DeleteWebhookEndpointInput:
    id: str = strawberry.field(description=_ENDPOINT)


@strawberry.input
class RotateWebhookSecretInput:
    id: str = strawberry.field(description=_ENDPOINT)


@strawberry.input
class SendTestWebhookInput:
    id: str = strawberry.field(description=_ENDPOINT)


@strawberry.input
class ReplayWebhookDeliveryInput:
    id: str = strawberry.field(description="Its id, from `webhookDeliveries`.")
