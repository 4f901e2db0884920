"""Outgoing webhooks: the endpoints, and the log of what was sent to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from invoicing.access import Scope
from invoicing.audit.actions import AuditAction
from invoicing.audit.subjects import AuditSubjectType, Subject
from invoicing.storage.pages import Page, Window
from invoicing.storage.tables import WebhookDelivery, WebhookEndpoint
from invoicing.webhooks import endpoints as webhooks
from invoicing.webhooks import log as webhook_log
from invoicing.webhooks.values import CreateWebhookEndpointValues, UpdateWebhookEndpointValues
from resolvers.context import About, Context


async def endpoints(ctx: Context) -> Sequence[WebhookEndpoint]:
    ctx.principal.require(Scope.WEBHOOKS_READ)
    return await ctx.read_list(webhooks.endpoints_of, ctx.principal)


async def page(ctx: Context, filter: Mapping[str, Any], window: Window) -> Page[WebhookDelivery]:
    ctx.principal.require(Scope.WEBHOOKS_READ)
    return await ctx.read_list(webhook_log.deliveries_page, ctx.principal, filter, window)


async def count(ctx: Context, filter: Mapping[str, Any]) -> int:
    return await ctx.read_list(webhook_log.deliveries_count, ctx.principal, filter)


async def create_webhook_endpoint(
    ctx: Context, values: CreateWebhookEndpointValues
) -> tuple[WebhookEndpoint, str]:
    ctx.principal.require(Scope.WEBHOOKS_WRITE)
    await _check_url(ctx, values)
    return await ctx.write(
        AuditAction.CREATE_WEBHOOK_ENDPOINT,
        webhooks.create_webhook_endpoint,
        ctx.principal,
        values,
        keyring=ctx.services.keyring,
        now=ctx.now(),
    )


async def update_webhook_endpoint(
    ctx: Context, endpoint_id: str, values: UpdateWebhookEndpointValues
) -> WebhookEndpoint:
    ctx.principal.require(Scope.WEBHOOKS_WRITE)
    await _check_url(ctx, values)
    return await ctx.write(
        AuditAction.UPDATE_WEBHOOK_ENDPOINT,
        webhooks.update_webhook_endpoint,
        ctx.principal,
        endpoint_id,
        values,
        now=ctx.now(),
    )


async def delete_webhook_endpoint(ctx: Context, endpoint_id: str) -> str:
    ctx.principal.require(Scope.WEBHOOKS_WRITE)
    action = About(AuditAction.DELETE_WEBHOOK_ENDPOINT, _endpoint(endpoint_id))
    await ctx.write(action, webhooks.delete_webhook_endpoint, ctx.principal, endpoint_id, now=ctx.now())
    return endpoint_id


async def rotate_webhook_secret(ctx: Context, endpoint_id: str) -> tuple[WebhookEndpoint, str]:
    ctx.principal.require(Scope.WEBHOOKS_WRITE)
    return await ctx.write(
        AuditAction.ROTATE_WEBHOOK_SECRET,
        webhooks.rotate_webhook_secret,
        ctx.principal,
        endpoint_id,
        keyring=ctx.services.keyring,
        now=ctx.now(),
    )


async def send_test_webhook(ctx: Context, endpoint_id: str) -> WebhookDelivery:
    ctx.principal.require(Scope.WEBHOOKS_WRITE)
    action = About(AuditAction.SEND_TEST_WEBHOOK, _endpoint(endpoint_id))
    delivery_id = await ctx.write(
        action, webhooks.send_test_webhook, ctx.principal, endpoint_id, now=ctx.now()
    )
    return await ctx.read(webhook_log.find_delivery, ctx.principal, delivery_id)


async def replay_webhook_delivery(ctx: Context, delivery_id: str) -> WebhookDelivery:
    ctx.principal.require(Scope.WEBHOOKS_WRITE)
    return await ctx.write(
        AuditAction.REPLAY_WEBHOOK_DELIVERY,
        webhook_log.replay_webhook_delivery,
        ctx.principal,
        delivery_id,
        now=ctx.now(),
    )


def _endpoint(endpoint_id: str) -> Subject:
    return Subject(AuditSubjectType.WEBHOOK_ENDPOINT, endpoint_id)


async def _check_url(ctx: Context, values: CreateWebhookEndpointValues | UpdateWebhookEndpointValues) -> None:
    """Not in the transaction, as resolving a name may take a while. It is checked again at each delivery."""
    if values.get("url") is not None:
        await ctx.services.hosts.check_url(webhooks.url(values["url"], "url"), ctx.principal.account_id)
