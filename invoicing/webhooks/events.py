"""Emits events: one message to each webhook endpoint, stored in the same commit as the fact itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson
from sqlalchemy import BindParameter, Connection, and_, bindparam, func, insert, select

from invoicing.storage import outbox, rows
from invoicing.storage.id_lists import id_list, is_one_of
from invoicing.storage.prepared import Prepared
from invoicing.storage.tables import (
    Payment,
    WebhookEndpoint,
    invoices,
    new_id,
    orders,
    payments,
    webhook_deliveries,
    webhook_endpoints,
)

DELIVER = "webhook.deliver"


class WebhookEvent(StrEnum):
    """The types of events."""

    INVOICE_CREATED = "invoice.created"
    INVOICE_PDF_GENERATED = "invoice.pdf_generated"
    INVOICE_SETTLED = "invoice.settled"
    INVOICE_FAILED = "invoice.failed"
    INVOICE_CREDITED = "invoice.credited"
    PAYMENT_REFUNDED = "payment.refunded"
    WEBHOOK_TEST = "webhook.test"


_ACCOUNT_ID: BindParameter[str] = bindparam("account")
_ACTIVE = Prepared(
    select(webhook_endpoints).where(
        webhook_endpoints.c.account_id == _ACCOUNT_ID,
        webhook_endpoints.c.is_active,
        webhook_endpoints.c.deleted_at.is_(None),
    )
)
_INVOICES = Prepared(
    select(
        *(
            invoices.c[name]
            for name in (
                "id",
                "handle",
                "number",
                "type",
                "state",
                "customer_id",
                "currency",
                "total_ex_vat",
                "total_vat",
                "total",
                "rounding",
                "issued_on",
                "due_on",
            )
        )
    )
    .where(invoices.c.account_id == _ACCOUNT_ID, is_one_of(invoices.c.id, id_list("ids")))
    .order_by(invoices.c.created_at, invoices.c.id)
)
_BUYER_OF_PAYMENT = (
    select(func.coalesce(invoices.c.customer_id, orders.c.customer_id))
    .select_from(payments)
    .outerjoin(
        invoices, and_(invoices.c.account_id == payments.c.account_id, invoices.c.id == payments.c.invoice_id)
    )
    .outerjoin(orders, and_(orders.c.account_id == payments.c.account_id, orders.c.id == payments.c.order_id))
    .where(payments.c.account_id == _ACCOUNT_ID, payments.c.id == bindparam("payment"))
)
_INSERT = Prepared(insert(webhook_deliveries))


def emit_for_invoices(
    connection: Connection,
    account_id: str,
    event: WebhookEvent,
    ids: Sequence[str],
    *,
    now: datetime,
    more: Mapping[str, Any] | None = None,
    more_of_each: Mapping[str, Mapping[str, Any]] | None = None,
) -> None:
    """Emits the event for each invoice. Without an endpoint that listens it costs one query at most.

    `data` also holds `more`, and what `more_of_each` has by the invoice's id.
    """
    if not ids or not (listeners := _listening_endpoints(connection, account_id, event)):
        return
    for row in rows.mappings(connection, _INVOICES, {"account": account_id, "ids": list(ids)}):
        data = {**row, **(more or {}), **(more_of_each or {}).get(row["id"], {})}
        emit(connection, listeners, event, data, now=now)


def emit_for_refund(connection: Connection, refund: Payment, *, now: datetime) -> None:
    """Emits `payment.refunded` for a refund that was paid."""
    event = WebhookEvent.PAYMENT_REFUNDED
    if not (listeners := _listening_endpoints(connection, refund.account_id, event)):
        return
    key = {"account": refund.account_id, "payment": refund.id}
    data = {
        "id": refund.id,
        "payment_id": refund.refund_of,
        "invoice_id": refund.invoice_id,
        "order_id": refund.order_id,
        "customer_id": connection.execute(_BUYER_OF_PAYMENT, key).scalar(),
        "status": refund.status,
        "method": refund.method,
        "amount": refund.amount,
        "currency": refund.currency,
        "reference": refund.reference,
        "paid_at": refund.paid_at,
    }
    emit(connection, listeners, event, data, now=now)


def emit(
    connection: Connection,
    endpoints: Iterable[WebhookEndpoint],
    event: WebhookEvent,
    data: Mapping[str, Any],
    *,
    now: datetime,
) -> list[str]:
    """Stores one message, with a delivery to each of the endpoints; returns the ids of the deliveries."""
    message = {"type": event, "timestamp": now, "data": data}
    body = orjson.dumps(message, option=orjson.OPT_UTC_Z).decode()
    message_id = f"msg_{new_id()}"
    delivery_ids = []
    for endpoint in endpoints:
        row = {
            "account_id": endpoint.account_id,
            "id": new_id(),
            "endpoint_id": endpoint.id,
            "url": endpoint.url,
            "event": event,
            "message_id": message_id,
            "body": body,
            "status": "PENDING",
            "attempts": 0,
            "next_attempt_at": now,
            "created_at": now,
        }
        _INSERT.send(connection, row)
        outbox.enqueue(connection, endpoint.account_id, DELIVER, str(row["id"]), queue=endpoint.id, now=now)
        delivery_ids.append(str(row["id"]))
    return delivery_ids


def _listening_endpoints(
    connection: Connection, account_id: str, event: WebhookEvent
) -> list[WebhookEndpoint]:
    active = rows.all_(connection, _ACTIVE, {"account": account_id}, as_=WebhookEndpoint)
    return [endpoint for endpoint in active if event in endpoint.events]
