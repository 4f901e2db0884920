"""What lists are filtered by. All conditions that are given must hold."""

from datetime import date, datetime

import strawberry

from schema.types.enums import (
    AuditAction,
    AuditSubjectType,
    InvoiceState,
    InvoiceType,
    OrderStatus,
    WebhookDeliveryStatus,
    WebhookEvent,
)
from schema.types.scalars import Currency, Money


@strawberry.input(description="All conditions that are given must hold.")
class OrderFilter:
    number: str | None = strawberry.field(default=strawberry.UNSET, description="Exactly this number.")
    customer_id: str | None = strawberry.field(default=strawberry.UNSET, description="This customer's.")
    currency: Currency | None = strawberry.field(default=strawberry.UNSET, description="In this currency.")
    status: OrderStatus | None = strawberry.field(default=strawberry.UNSET, description="Open or closed.")
    invoiceable: bool | None = strawberry.field(
        default=strawberry.UNSET, description="True: something on it can be invoiced now; false: nothing."
    )
    total_from: Money | None = strawberry.field(
        default=strawberry.UNSET, description="A total with VAT of this or more."
    )
    total_to: Money | None = strawberry.field(
        default=strawberry.UNSET, description="A total with VAT of this or less."
    )
    created_from: datetime | None = strawberry.field(
        default=strawberry.UNSET, description="At this moment or later."
    )
    created_before: datetime | None = strawberry.field(
        default=strawberry.UNSET, description="Before this moment."
    )
    search: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Part of the number or of the buyer's name, in any case: 3 characters or more.",
    )


@strawberry.input(description="All conditions that are given must hold.")
class InvoiceFilter:
    number: str | None = strawberry.field(default=strawberry.UNSET, description="Exactly this number.")
    handle: str | None = strawberry.field(default=strawberry.UNSET, description="Exactly this handle.")
    customer_id: str | None = strawberry.field(default=strawberry.UNSET, description="This customer's.")
    currency: Currency | None = strawberry.field(default=strawberry.UNSET, description="In this currency.")
    type: InvoiceType | None = strawberry.field(default=strawberry.UNSET, description="Of this type.")
    state: InvoiceState | None = strawberry.field(default=strawberry.UNSET, description="In this state.")
    issued_from: date | None = strawberry.field(
        default=strawberry.UNSET, description="Issued on this day or later."
    )
    issued_to: date | None = strawberry.field(
        default=strawberry.UNSET, description="Issued on this day or before."
    )
    due_to: date | None = strawberry.field(default=strawberry.UNSET, description="Due on this day or before.")
    total_from: Money | None = strawberry.field(
        default=strawberry.UNSET, description="A total of this or more."
    )
    total_to: Money | None = strawberry.field(
        default=strawberry.UNSET, description="A total of this or less."
    )
    search: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Part of the number or of the buyer's name, in any case: 3 characters or more.",
    )


@strawberry.input(description="All conditions that are given must hold.")
class WebhookDeliveryFilter:
    endpoint_id: str | None = strawberry.field(default=strawberry.UNSET, description="To this endpoint.")
    status: WebhookDeliveryStatus | None = strawberry.field(
        default=strawberry.UNSET, description="With this status."
    )
    event: WebhookEvent | None = strawberry.field(default=strawberry.UNSET, description="About this event.")


@strawberry.input(description="All conditions that are given must hold.")
class AuditLogFilter:
    action: AuditAction | None = strawberry.field(default=strawberry.UNSET, description="This was done.")
    actor_id: str | None = strawberry.field(
        default=strawberry.UNSET, description="By this API key or this session."
    )
    subject_type: AuditSubjectType | None = strawberry.field(
        default=strawberry.UNSET, description="To this kind of thing: with `subject_id`."
    )
    subject_id: str | None = strawberry.field(
        default=strawberry.UNSET, description="To the thing with this id: with `subject_type`."
    )
    created_from: datetime | None = strawberry.field(
        default=strawberry.UNSET, description="At this moment or later."
    )
    created_before: datetime | None = strawberry.field(
        default=strawberry.UNSET, description="Before this moment."
    )
