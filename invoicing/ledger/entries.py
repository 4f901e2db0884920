"""Entries: payments and refunds are appended and allocated, never changed but for how they ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from sqlalchemy import (
    BindParameter,
    Connection,
    bindparam,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from invoicing import idempotency
from invoicing.access import Principal
from invoicing.errors import IdempotencyKeyReused, NotFound
from invoicing.ledger.distribution import Allocation
from invoicing.storage import after_commit, rows
from invoicing.storage.id_lists import id_list, is_one_of
from invoicing.storage.prepared import Prepared
from invoicing.storage.tables import (
    UNSETTLED,
    Payment,
    allocations,
    invoices,
    new_id,
    payments,
    violated_constraint,
)
from invoicing.webhooks import events
from invoicing.webhooks.events import WebhookEvent

_MINE: BindParameter[str] = bindparam("account")
_IDS = id_list("ids")
_PAYMENT = Prepared(
    select(payments).where(payments.c.account_id == _MINE, payments.c.id == bindparam("payment"))
)
_APPEND = Prepared(insert(payments))
_BLANK = dict.fromkeys(payments.c.keys())
_ALLOCATE = Prepared(insert(allocations))
under_key = idempotency.find_in(payments, Payment)
_SETTLE = Prepared(
    update(invoices)
    .where(
        invoices.c.account_id == _MINE,
        is_one_of(invoices.c.id, _IDS),
        invoices.c.state.in_(UNSETTLED),
    )
    .values(state=bindparam("becomes"))
    .returning(invoices.c.id)
)


def payment(connection: Connection, account_id: str, payment_id: str) -> Payment:
    key = {"account": account_id, "payment": payment_id}
    found = rows.one_or_none(connection, _PAYMENT, key, as_=Payment)
    if found is None:
        raise NotFound(f"There is no payment {payment_id}.", field="payment_id", ids=[payment_id])
    return found


def append(
    connection: Connection, principal: Principal, values: Mapping[str, Any], *, now: datetime
) -> Payment:
    """Inserts a payment or a refund."""
    row = {
        **_BLANK,
        "account_id": principal.account_id,
        "id": new_id(),
        "actor_id": principal.actor.id,
        "actor_name": principal.actor.name,
        "actor_type": principal.actor.type,
        "created_at": now,
        **values,
    }
    if row["invoice_id"] is not None:
        after_commit.notify_invoices_changed(connection, principal.account_id, [row["invoice_id"]])
    if row["paid_at"] is not None:
        row["paid_at"] = row["paid_at"].astimezone(UTC)
    _APPEND.send(connection, row, refusal=partial(_reused, row["idempotency_key"]))
    return rows.made(row, as_=Payment)


def _reused(key: object, clash: IntegrityError) -> IdempotencyKeyReused:
    if "idempotency_key" not in violated_constraint(clash):
        raise clash
    return IdempotencyKeyReused(field="idempotency_key", ids=[str(key)])


def allocate(
    connection: Connection,
    account_id: str,
    parts: Sequence[Allocation],
    *,
    of_credit: bool = False,
    now: datetime,
) -> None:
    """Inserts which invoices the parts of payments, refunds or (`of_credit`) credit invoices go to."""
    source, other = "payment_id", "credit_invoice_id"
    if of_credit:
        source, other = other, source
    parted = [
        {
            "account_id": account_id,
            "id": new_id(),
            "invoice_id": part.invoice_id,
            source: part.source,
            other: None,
            "amount": part.amount,
            "created_at": now,
        }
        for part in parts
    ]
    if parted:
        _ALLOCATE.send(connection, *parted)
        moved = [row[name] for row in parted for name in ("invoice_id", "credit_invoice_id") if row[name]]
        after_commit.notify_invoices_changed(connection, account_id, moved)


def settle(
    connection: Connection,
    account_id: str,
    ids: Sequence[str],
    becomes: str = "SETTLED",
    *,
    is_heard: bool = True,
    now: datetime,
) -> None:
    """Marks invoices as settled of which nothing is outstanding. A settled invoice stays settled.

    `is_heard` is False where it is known that the account has no webhook endpoint.
    """
    if not ids:
        return
    key = {"account": account_id, "ids": list(ids), "becomes": becomes}
    changed = rows.values(connection, _SETTLE, key)
    if becomes == "SETTLED":
        announce_settled(connection, account_id, changed, is_heard=is_heard, now=now)
    else:
        after_commit.notify_invoices_changed(connection, account_id, changed)


def announce_settled(
    connection: Connection, account_id: str, ids: Sequence[str], *, is_heard: bool, now: datetime
) -> None:
    """Tells whoever listens that these invoices are settled now."""
    after_commit.notify_invoices_changed(connection, account_id, ids)
    if is_heard:
        events.emit_for_invoices(connection, account_id, WebhookEvent.INVOICE_SETTLED, ids, now=now)
