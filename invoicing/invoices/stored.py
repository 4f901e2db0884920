"""An issued invoice in the database: its row, its lines, and the mark on its items."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection, bindparam, insert, update
from sqlalchemy.exc import IntegrityError

from invoicing.access import Principal
from invoicing.errors import InvoiceIdReused, InvoicingError, ItemAlreadyInvoiced, NumberTaken
from invoicing.ledger import allocation
from invoicing.numbering import NumberInSeries
from invoicing.snapshot import Snapshot
from invoicing.storage.id_lists import id_list, is_one_of
from invoicing.storage.prepared import Prepared
from invoicing.storage.tables import invoice_lines, invoices, order_items, violated_constraint
from invoicing.stored_snapshot import dump

_INSERT_INVOICE = Prepared(insert(invoices))
_INSERT_LINES = Prepared(insert(invoice_lines))
_MARK_ITEMS = Prepared(
    update(order_items)
    .where(
        order_items.c.account_id == bindparam("account"),
        is_one_of(order_items.c.id, id_list("ids")),
    )
    .values(invoice_id=bindparam("invoice"), invoiced_as=order_items.c.id)
)


def row_of(frozen: Snapshot, taken: NumberInSeries, principal: Principal, *, now: datetime) -> dict[str, Any]:
    """An invoice's row, but for what only the caller knows of it."""
    return {
        "account_id": principal.account_id,
        "id": frozen.id,
        "number": frozen.number,
        "type": frozen.type,
        "state": allocation.state_at_issue(frozen),
        "period": taken.period,
        "sequence": taken.sequence,
        "currency": frozen.currency,
        "is_including_vat": frozen.is_including_vat,
        "subtotal": frozen.subtotal,
        "total_ex_vat": frozen.total_ex_vat,
        "total_vat": frozen.total_vat,
        "total": frozen.total,
        "rounding": frozen.rounding,
        "issued_on": frozen.issued_on,
        "due_on": frozen.due_on,
        "actor_id": principal.actor.id,
        "actor_name": principal.actor.name,
        "actor_type": principal.actor.type,
        "snapshot": dump(frozen),
        "logo": _logo_of(frozen),
        "search_text": f"{frozen.number} {frozen.buyer.name}".casefold(),
        "created_at": now,
    }


def store(connection: Connection, account_id: str, frozen: Snapshot, row: Mapping[str, Any]) -> None:
    """The row, the lines, and the mark on each item. NumberTaken, ItemAlreadyInvoiced, or InvoiceIdReused."""
    refusal = partial(_refusal, frozen)
    _INSERT_INVOICE.send(connection, row, refusal=refusal)
    _INSERT_LINES.send(connection, *_line_rows(frozen, account_id), refusal=refusal)
    if ids := [line.order_item_id for line in frozen.lines if line.order_item_id]:
        _MARK_ITEMS.send(connection, {"account": account_id, "ids": ids, "invoice": frozen.id})


def _refusal(frozen: Snapshot, clash: IntegrityError) -> InvoicingError:
    """What it is that a unique key of the database refuses an insert."""
    broken = violated_constraint(clash)
    if "number" in broken or "sequence" in broken:
        return NumberTaken(f"The number {frozen.number} is on an invoice already.", ids=[frozen.number])
    if "order_item_id" in broken:
        return ItemAlreadyInvoiced(field="items")
    return InvoiceIdReused(field="invoice_id", ids=[frozen.id])


def _logo_of(frozen: Snapshot) -> str | None:
    branding = frozen.branding
    return None if branding is None or branding.logo is None else branding.logo.sha256


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
            "unit_price_rest": line.unit_price_rest,
            "discount": line.discount,
            "subtotal": line.subtotal,
            "total": line.total,
            "total_ex_vat": line.total_ex_vat,
            "vat_amount": line.vat_amount,
            "rounding": line.rounding,
            "vat_rate": line.vat_rate,
            "vat_category": line.vat_category,
            "exemption_reason": line.exemption_reason,
            "supply": line.supply,
            "credited_invoice_id": line.credited_invoice_id,
            "credited_line_id": line.credited_line_id,
            "credited_quantity": line.credited_quantity,
        }
        for position, line in enumerate(frozen.lines)
    ]
