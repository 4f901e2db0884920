"""Cancelling before shipment, returning after it, and the steps until what was undone is credited.

Undoing an item that was never invoiced takes it off the order. Undoing an invoiced one makes a contra
item: the same with its quantity negative, which is invoiced in turn, on a credit invoice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from invoicing import checks
from invoicing.access import Principal
from invoicing.accounts.settings import ContraFlow, account
from invoicing.decimals import Number
from invoicing.errors import DuplicateId
from invoicing.orders.actions import Action, Undone
from invoicing.orders.intake import find_order, items_of
from invoicing.orders.items import counted, totals
from invoicing.orders.splitting import apply_to_parts, check_parts
from invoicing.storage.id_lists import id_list, is_one_of
from invoicing.storage.tables import Order, OrderItem, new_id, order_items, orders

_DONE_BY = {Action.CANCEL: Undone.CANCELLED, Action.RETURN: Undone.RETURNED}
_REASON = checks.optional(checks.text(500))
_INSERT = insert(order_items)
_IDS = select(order_items.c.id).where(
    order_items.c.account_id == bindparam("account"),
    is_one_of(order_items.c.id, id_list("ids")),
)
_NEGATED = ("quantity", "subtotal", "discount", "allocated_discount")
_STEPS = {
    Action.HANDLE_RECEIPT: "received_at",
    Action.HANDLE_APPROVAL: "approved_at",
    Action.HANDLE_FINISH: "finished_at",
}


@dataclass(frozen=True, slots=True)
class Contra:
    """What is to be undone: how much of an item (all when null), and the id of its contra item."""

    item_id: str
    quantity: Number | None = None
    contra_item_id: str | None = None
    reason: str | None = None


def undo_items(
    connection: Connection,
    principal: Principal,
    action: Action,
    order_id: str,
    contras: Sequence[Contra],
    *,
    now: datetime,
) -> tuple[Order, list[OrderItem]]:
    """Cancels or returns items; returns the order and the contra items of those that were invoiced."""
    order = find_order(connection, principal, order_id, lock=True, field="order_id")
    items = {item.id: item for item in items_of(connection, principal, order_id)}
    parts = check_parts(action, order, items, [(each.item_id, each.quantity) for each in contras])
    _check_ids_are_new(
        connection, principal, [each.contra_item_id for each in contras if each.contra_item_id is not None]
    )
    flow = account(connection, principal.account_id).contra_flow
    done = {"undone_as": str(_DONE_BY[action]), "undone_at": now}
    pieces = [
        (item, quantity, {**done, "undo_reason": _REASON(asked.reason, f"items.{index}.reason")})
        for index, ((item, quantity), asked) in enumerate(zip(parts, contras, strict=True))
    ]
    steps = _steps(action, guided=flow == ContraFlow.GUIDED, now=now)
    undone = apply_to_parts(connection, principal.account_id, items.values(), pieces)
    made = _contras(connection, undone, contras, steps)
    after = items_of(connection, principal, order_id)
    _recount(connection, order, after, now)
    return find_order(connection, principal, order_id), [item for item in after if item.id in made]


def _recount(connection: Connection, order: Order, items: Sequence[OrderItem], now: datetime) -> None:
    connection.execute(
        update(orders)
        .where(orders.c.account_id == order.account_id, orders.c.id == order.id)
        .values(total=totals(order, counted(items)).total, updated_at=now)
    )


def handle_items(
    connection: Connection,
    principal: Principal,
    action: Action,
    order_id: str,
    item_ids: Sequence[str],
    *,
    now: datetime,
) -> Order:
    """Takes contra items through one step: receipt (of returns), approval, finish."""
    order = find_order(connection, principal, order_id, lock=True, field="order_id")
    items = {item.id: item for item in items_of(connection, principal, order_id)}
    check_parts(action, order, items, [(id, None) for id in item_ids])
    connection.execute(
        update(order_items)
        .where(order_items.c.account_id == principal.account_id, order_items.c.id.in_(item_ids))
        .values({_STEPS[action]: now})
    )
    return order


def _steps(action: Action, *, guided: bool, now: datetime) -> dict[str, datetime | None]:
    """The steps that are done at once: all with DIRECT; receipt for cancelled items, which never left."""
    if not guided:
        return dict.fromkeys(_STEPS.values(), now)
    return {"received_at": now if action is Action.CANCEL else None, "approved_at": None, "finished_at": None}


def _contras(
    connection: Connection,
    undone: Sequence[Mapping[str, Any]],
    contras: Sequence[Contra],
    steps: Mapping[str, datetime | None],
) -> set[str]:
    """Inserts the contra items of the rows that were invoiced; returns their ids."""
    rows = [
        {
            **row,
            "id": asked.contra_item_id or new_id(),
            **{name: -row[name] for name in _NEGATED},
            "contra_of": row["id"],
            "invoice_id": None,
            "invoiced_as": None,
            **steps,
        }
        for row, asked in zip(undone, contras, strict=True)
        if row["invoice_id"] is not None
    ]
    try:
        if rows:
            connection.execute(_INSERT, sorted(rows, key=lambda row: str(row["id"])))
    except IntegrityError as clash:  # another call took an id between the look and the insert
        raise DuplicateId("An item id is used once in an account.", field="items") from clash
    return {str(row["id"]) for row in rows}


def _check_ids_are_new(connection: Connection, principal: Principal, ids: Sequence[str]) -> None:
    for id in ids:
        checks.identifier(id, "items.contra_item_id")
    if not ids:
        return
    clash = {*connection.execute(_IDS, {"account": principal.account_id, "ids": ids}).scalars()}
    clash.update(id for id, times in Counter(ids).items() if times > 1)
    if clash:
        raise DuplicateId(
            f"An item id is used once in an account: {', '.join(sorted(clash))}.",
            field="items",
            ids=sorted(clash),
        )
