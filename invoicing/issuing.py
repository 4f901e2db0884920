"""Putting order items on an invoice. The one place where an invoice is born."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, update
from sqlalchemy.exc import IntegrityError

from invoicing import checks, numbering, outbox, queries
from invoicing.access import Principal
from invoicing.actions import invoicing_blocked
from invoicing.drafting import Draft, draft, found, named
from invoicing.errors import InvoiceIdReused, ItemAlreadyInvoiced, NothingToInvoice, NumberTaken
from invoicing.orders import find_order, items_of
from invoicing.queries import Issued
from invoicing.snapshot import Snapshot, dump
from invoicing.tables import constraint, documents, invoice_lines, invoices, new_id, order_items

_INSERT_INVOICE = insert(invoices)
_INSERT_LINES = insert(invoice_lines)
_MARK_ITEMS = (
    update(order_items)
    .where(
        order_items.c.account_id == bindparam("account"),
        order_items.c.id.in_(bindparam("ids", expanding=True)),
    )
    .values(invoice_id=bindparam("invoice"))
)
_FORGET_PDF = delete(documents).where(
    documents.c.account_id == bindparam("account"), documents.c.invoice_id == bindparam("invoice")
)


def invoice_items(
    connection: Connection,
    principal: Principal,
    item_ids: Sequence[str],
    *,
    invoice_id: str | None = None,
    now: datetime,
) -> Issued:
    """Issues an invoice for items of one customer's orders.

    With the same `invoice_id` and the same items again, it answers with the invoice made the first time.
    """
    named(item_ids)
    items = found(connection, principal, item_ids, lock=True)
    if made := _made_before(connection, principal, invoice_id):
        return _if_same(made, {line.order_item_id for line in made.frozen().lines} == set(item_ids))
    return _issue(connection, principal, draft(connection, principal, items, now=now), invoice_id, now)


def invoice_order(
    connection: Connection,
    principal: Principal,
    order_id: str,
    *,
    invoice_id: str | None = None,
    now: datetime,
) -> Issued:
    """Issues an invoice for everything on the order that can be invoiced now."""
    order = find_order(connection, principal, order_id)
    items = items_of(connection, principal, order_id, lock=True)
    if made := _made_before(connection, principal, invoice_id):
        return _if_same(made, {line.order_id for line in made.frozen().lines} == {order_id})
    ready = [item for item in items if invoicing_blocked(order, item) is None]
    if not ready:
        raise NothingToInvoice(field="order_id", ids=[order_id])
    return _issue(connection, principal, draft(connection, principal, ready, now=now), invoice_id, now)


def retry_pdf(connection: Connection, principal: Principal, invoice_id: str, *, now: datetime) -> Issued:
    """Makes the PDF again: one that was given up, or whose file was lost. The paper is the same."""
    queries.found_invoice(connection, principal, invoice_id)
    connection.execute(_FORGET_PDF, {"account": principal.account_id, "invoice": invoice_id})
    outbox.retry(connection, principal.account_id, outbox.RENDER_INVOICE, invoice_id, now=now)
    return queries.found_invoice(connection, principal, invoice_id)


def _made_before(connection: Connection, principal: Principal, invoice_id: str | None) -> Issued | None:
    if invoice_id is None:
        return None
    return queries.invoice(connection, principal, checks.identifier(invoice_id, "invoice_id"))


def _if_same(made: Issued, same: bool) -> Issued:
    if not same:
        raise InvoiceIdReused(
            f"Invoice {made.id} was made for other items.", field="invoice_id", ids=[made.id]
        )
    return made


def _issue(
    connection: Connection, principal: Principal, plan: Draft, invoice_id: str | None, now: datetime
) -> Issued:
    """Number, rows, frozen snapshot and the PDF's job: all in the caller's transaction."""
    taken = numbering.take(
        connection, principal.account_id, "INVOICE", plan.account.invoice_number_format, plan.issued_on
    )
    frozen = _frozen(plan, invoice_id or new_id(), taken.number)
    row = _row(frozen, plan, taken, principal, handle=invoice_id, now=now)
    _refusing(lambda: connection.execute(_INSERT_INVOICE, row), frozen)
    _refusing(lambda: connection.execute(_INSERT_LINES, _line_rows(frozen, principal.account_id)), frozen)
    ids = [line.order_item_id for line in frozen.lines]
    connection.execute(_MARK_ITEMS, {"account": principal.account_id, "ids": ids, "invoice": frozen.id})
    outbox.enqueue(connection, principal.account_id, outbox.RENDER_INVOICE, frozen.id, now=now)
    return Issued(**row, pdf_key=None, pdf_failed_at=None)


def _refusing(insertion: Callable[[], object], frozen: Snapshot) -> None:
    """The database refuses too; its clash is told in our words."""
    try:
        insertion()
    except IntegrityError as clash:
        broken = constraint(clash)
        if "number" in broken or "sequence" in broken:
            raise NumberTaken(
                f"The number {frozen.number} is on an invoice already.", ids=[frozen.number]
            ) from clash
        if "order_item_id" in broken:
            raise ItemAlreadyInvoiced(field="items") from clash
        raise InvoiceIdReused(field="invoice_id", ids=[frozen.id]) from clash


def _frozen(plan: Draft, invoice_id: str, number: str) -> Snapshot:
    return Snapshot(
        id=invoice_id,
        number=number,
        type="INVOICE",
        currency=plan.currency,
        is_including_vat=plan.is_including_vat,
        issued_on=plan.issued_on,
        due_on=plan.due_on,
        locale=plan.locale,
        seller=plan.seller,
        buyer=plan.buyer,
        lines=plan.lines,
        vat=plan.vat,
        subtotal=plan.totals.subtotal,
        total_ex_vat=plan.totals.total_ex_vat,
        total_vat=plan.totals.total_vat,
        total=plan.totals.total,
        orders=plan.orders,
        shipping_address=plan.shipping_address,
        purchase_order_number=plan.purchase_order_number,
    )


def _row(
    frozen: Snapshot,
    plan: Draft,
    taken: numbering.Taken,
    principal: Principal,
    *,
    handle: str | None,
    now: datetime,
) -> dict[str, Any]:
    return {
        "account_id": principal.account_id,
        "id": frozen.id,
        "handle": handle,
        "number": frozen.number,
        "type": frozen.type,
        "state": "PENDING",
        "period": taken.period,
        "sequence": taken.sequence,
        "customer_id": plan.customer_id,
        "currency": frozen.currency,
        "is_including_vat": frozen.is_including_vat,
        "subtotal": frozen.subtotal,
        "total_ex_vat": frozen.total_ex_vat,
        "total_vat": frozen.total_vat,
        "total": frozen.total,
        "issued_on": frozen.issued_on,
        "due_on": frozen.due_on,
        "actor_id": principal.actor.id,
        "actor_name": principal.actor.name,
        "actor_type": principal.actor.type,
        "snapshot": dump(frozen),
        "search_text": f"{frozen.number} {frozen.buyer.name}".casefold(),
        "created_at": now,
    }


def _line_rows(frozen: Snapshot, account_id: str) -> list[dict[str, Any]]:
    return [
        {
            "account_id": account_id,
            "invoice_id": frozen.id,
            "position": position,
            "id": line.id,
            "order_id": line.order_id,
            "order_item_id": line.order_item_id,
            "sku": line.sku,
            "name": line.name,
            "quantity": line.quantity,
            "unit": line.unit,
            "unit_price": line.unit_price,
            "discount": line.discount,
            "subtotal": line.subtotal,
            "total": line.total,
            "total_ex_vat": line.total_ex_vat,
            "vat_amount": line.vat_amount,
            "vat_rate": line.vat_rate,
            "vat_category": line.vat_category,
            "exemption_reason": line.exemption_reason,
            "supply": line.supply,
        }
        for position, line in enumerate(frozen.lines)
    ]
