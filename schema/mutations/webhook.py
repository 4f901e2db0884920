"""The changes of outgoing webhooks."""

import strawberry

from invoicing.webhooks.values import CreateWebhookEndpointValues, UpdateWebhookEndpointValues
from resolvers import webhooks
from schema.info import Info
from schema.inputs.values import sent_values
from schema.inputs.webhook import (
    CreateWebhookEndpointInput,
    DeleteWebhookEndpointInput,
    ReplayWebhookDeliveryInput,
    RotateWebhookSecretInput,
    SendTestWebhookInput,
    UpdateWebhookEndpointInput,
)
from schema.types.webhook import WebhookDelivery, WebhookEndpoint

_SECRET = "The key that signs the messages: `whsec_…`. Shown now and never again."  # noqa: S105 (a description)


@strawberry.type
class CreateWebhookEndpointPayload:
    webhook_endpoint: WebhookEndpoint = strawberry.field(description="The new endpoint.")
    secret: str = strawberry.field(description=_SECRET)


@strawberry.type
class UpdateWebhookEndpointPayload:
    webhook_endpoint: WebhookEndpoint = strawberry.field(description="The endpoint as it is now.")


@strawberry.type
class DeleteWebhookEndpointPayload:
    id: strawberry.ID = strawberry.field(description="The endpoint that is gone.")


@strawberry.type
class RotateWebhookSecretPayload:
    webhook_endpoint: WebhookEndpoint = strawberry.field(description="The endpoint.")
    secret: str = strawberry.field(description=_SECRET)


@strawberry.type
class SendTestWebhookPayload:
    webhook_delivery: WebhookDelivery = strawberry.field(description="The delivery, which is being sent.")


@strawberry.type
class ReplayWebhookDeliveryPayload:
    webhook_delivery: WebhookDelivery = strawberry.field(description="The delivery, PENDING again.")


@strawberry.type
class WebhookMutations:
    @strawberry.mutation(
        name="createWebhookEndpoint",
        description=(
            "Sends messages about these events to a URL. The secret is returned now and never again."
        ),
    )
    async def create_webhook_endpoint(
        self, info: Info, input: CreateWebhookEndpointInput
    ) -> CreateWebhookEndpointPayload:
        row, secret = await webhooks.create_webhook_endpoint(
            info.context, sent_values(input, CreateWebhookEndpointValues)
        )
        return CreateWebhookEndpointPayload(webhook_endpoint=WebhookEndpoint.of(row), secret=secret)

    @strawberry.mutation(name="updateWebhookEndpoint", description="Changes what is given of an endpoint.")
    async def update_webhook_endpoint(
        self, info: Info, input: UpdateWebhookEndpointInput
    ) -> UpdateWebhookEndpointPayload:
        values = sent_values(input, UpdateWebhookEndpointValues, but=("id",))
        row = await webhooks.update_webhook_endpoint(info.context, input.id, values)
        return UpdateWebhookEndpointPayload(webhook_endpoint=WebhookEndpoint.of(row))

    @strawberry.mutation(
        name="deleteWebhookEndpoint",
        description="Deletes an endpoint: nothing is sent there any more. The log of its deliveries stays.",
    )
    async def delete_webhook_endpoint(
        self, info: Info, input: DeleteWebhookEndpointInput
    ) -> DeleteWebhookEndpointPayload:
        gone = await webhooks.delete_webhook_endpoint(info.context, input.id)
        return DeleteWebhookEndpointPayload(id=strawberry.ID(gone))

    @strawberry.mutation(
        name="rotateWebhookSecret",
        description="Makes a new secret. For a day, messages are signed with the one before it too.",
    )
    async def rotate_webhook_secret(
        self, info: Info, input: RotateWebhookSecretInput
    ) -> RotateWebhookSecretPayload:
        row, secret = await webhooks.rotate_webhook_secret(info.context, input.id)
        return RotateWebhookSecretPayload(webhook_endpoint=WebhookEndpoint.of(row), secret=secret)

    @strawberry.mutation(
        name="sendTestWebhook", description="Sends webhook.test to an endpoint, whatever its events are."
    )
    async def send_test_webhook(self, info: Info, input: SendTestWebhookInput) -> SendTestWebhookPayload:
        row = await webhooks.send_test_webhook(info.context, input.id)
        return SendTestWebhookPayload(webhook_delivery=WebhookDelivery.of(row))

    @strawberry.mutation(
        name="replayWebhookDelivery",
        description=(
            "Sends a message again, with the same id: one that was parked, or that its receiver has lost."
        ),
    )
    async def replay_webhook_delivery(
        self, info: Info, input: ReplayWebhookDeliveryInput
    ) -> ReplayWebhookDeliveryPayload:
        row = await webhooks.replay_webhook_delivery(info.context, input.id)
        return ReplayWebhookDeliveryPayload(webhook_delivery=WebhookDelivery.of(row))
