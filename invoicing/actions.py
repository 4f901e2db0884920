"""What may be done with an order's items now, and why not with the others. Pure: rows in, answers out.

The commands ask the same rules, so what is listed here is exactly what they accept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from invoicing.tables import Order, OrderItem


class Action(StrEnum):
    INVOICE = "INVOICE"
    SHIP = "SHIP"


class Block(StrEnum):
    """Why an action is closed to an item; the value is shown with `message`."""

    NOT_SHIPPED = "NOT_SHIPPED"
    ALREADY_INVOICED = "ALREADY_INVOICED"
    ALREADY_SHIPPED = "ALREADY_SHIPPED"

    @property
    def message(self) -> str:
        return _MESSAGES[self]


_MESSAGES = {
    Block.NOT_SHIPPED: "The order is invoiced after shipment, and the item has not been shipped.",
    Block.ALREADY_INVOICED: "The item is on an invoice already.",
    Block.ALREADY_SHIPPED: "The item has been shipped already.",
}


@dataclass(frozen=True, slots=True)
class Possible:
    """An action, and the ids of the items it can be done to."""

    action: Action
    ids: list[str]


@dataclass(frozen=True, slots=True)
class Blocked:
    action: Action
    id: str
    reason: Block


def invoicing_blocked(order: Order, item: OrderItem) -> Block | None:
    if item.invoice_id is not None:
        return Block.ALREADY_INVOICED
    if order.invoice_after_shipment and item.shipped_at is None:
        return Block.NOT_SHIPPED
    return None


def shipping_blocked(_: Order, item: OrderItem) -> Block | None:
    return Block.ALREADY_SHIPPED if item.shipped_at is not None else None


_RULES = {Action.INVOICE: invoicing_blocked, Action.SHIP: shipping_blocked}


def possible(order: Order, items: Sequence[OrderItem]) -> list[Possible]:
    """One entry for each action that at least one item is open to."""
    found = (
        Possible(action, [item.id for item in items if rule(order, item) is None])
        for action, rule in _RULES.items()
    )
    return [entry for entry in found if entry.ids]


def blocked(order: Order, items: Sequence[OrderItem]) -> list[Blocked]:
    return [
        Blocked(action, item.id, reason)
        for action, rule in _RULES.items()
        for item in items
        if (reason := rule(order, item)) is not None
    ]


def is_closed(items: Sequence[OrderItem]) -> bool:
    """Everything is shipped and invoiced."""
    return all(item.shipped_at is not None and item.invoice_id is not None for item in items)
