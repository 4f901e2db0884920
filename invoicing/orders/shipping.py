"""Shipping an order's items, whole or in parts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from invoicing.access import Principal
from invoicing.orders.actions import RULES, Action
from invoicing.orders.intake import find_order, items_of
from invoicing.orders.items import ItemType
from invoicing.orders.splitting import ItemPart, apply_to_parts, check_parts
from invoicing.storage.tables import Order, OrderItem


def ship_items(
    connection: Connection,
    principal: Principal,
    order_id: str,
    parcels: Sequence[ItemPart],
    *,
    shipped_at: datetime,
) -> tuple[Order, list[OrderItem]]:
    """Marks items as shipped.

    Part of a quantity splits the item: the part that is shipped gets an id of its own, the rest keeps
    its own. Shipping costs and fees go with the order's first shipment.
    """
    order = find_order(connection, principal, order_id, lock=True, field="order_id")
    items = {item.id: item for item in items_of(connection, principal, order_id)}
    parts = check_parts(Action.SHIP, order, items, parcels)
    named = {item.id for item, _ in parts}
    along = [
        (item, item.quantity)
        for item in items.values()
        if item.type != ItemType.PRODUCT and item.id not in named and RULES[Action.SHIP](order, item) is None
    ]
    changes = {"shipped_at": shipped_at}
    pieces = [(item, quantity, changes) for item, quantity in parts + along]
    shipped = {row["id"] for row in apply_to_parts(connection, principal.account_id, items.values(), pieces)}
    return order, [item for item in items_of(connection, principal, order_id) if item.id in shipped]
