"""Which items an invoice covers, and of which orders: found, and held against each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, select

from invoicing import checks
from invoicing.access import Principal
from invoicing.errors import (
    DuplicateItem,
    InvoicingError,
    ItemNotFound,
    MixedCurrencies,
    MixedCustomers,
    MixedVatModes,
    NoItems,
    TooManyItems,
)
from invoicing.locks import ask_lock_of_orders_of_items
from invoicing.orders.actions import Action, demand
from invoicing.orders.items import MAX_ITEMS
from invoicing.orders.places import in_place
from invoicing.storage import rows
from invoicing.storage.id_lists import id_list, is_one_of
from invoicing.storage.prepared import Prepared
from invoicing.storage.tables import (
    Order,
    OrderItem,
    is_of_customer,
    order_items,
    orders,
)

_ITEMS = Prepared(
    select(order_items)
    .where(
        order_items.c.account_id == bindparam("account"),
        is_one_of(order_items.c.id, id_list("ids")),
    )
    .order_by(order_items.c.id)
)
_COVERING = Prepared(
    select(orders).where(
        orders.c.account_id == bindparam("account"),
        orders.c.id.in_(
            select(order_items.c.order_id).where(
                order_items.c.account_id == bindparam("account"),
                is_one_of(order_items.c.id, id_list("ids")),
            )
        ),
        is_of_customer(orders.c.customer_id),
    )
)


def check_item_ids(item_ids: Sequence[str]) -> None:
    """Refuses a list of item ids that no order could ever satisfy."""
    if not item_ids:
        raise NoItems(field="items")
    if len(item_ids) > MAX_ITEMS:
        raise TooManyItems(field="items")
    for index, id in enumerate(item_ids):
        checks.identifier(id, f"items.{index}")
    if len(set(item_ids)) < len(item_ids):
        raise DuplicateItem(field="items", ids=[id for id, times in Counter(item_ids).items() if times > 1])


def find_orders_and_items(
    connection: Connection, principal: Principal, item_ids: Sequence[str], *, lock: bool = False
) -> tuple[list[Order], list[OrderItem]]:
    """The items, and their orders, oldest first; with `lock`, nobody else changes them until the end."""
    account_id, customer_id = principal.account_id, principal.customer_id
    if lock:
        asked = ask_lock_of_orders_of_items(connection, account_id, item_ids, customer_id=customer_id)
    else:
        key = {"account": account_id, "customer": customer_id, "ids": list(item_ids)}
        asked = rows.ask(connection, _COVERING, key, as_=Order)
    items = find_items(connection, principal, item_ids)
    return sorted(asked(), key=lambda order: (order.created_at, order.id)), items


def find_items(connection: Connection, principal: Principal, item_ids: Sequence[str]) -> list[OrderItem]:
    key = {"account": principal.account_id, "ids": list(item_ids)}
    items = rows.all_(connection, _ITEMS, key, as_=OrderItem)
    if len(items) < len(item_ids):
        raise _not_found(set(item_ids) - {item.id for item in items})
    return items


def _not_found(item_ids: Iterable[str]) -> ItemNotFound:
    missing = sorted(item_ids)
    return ItemNotFound(f"There is no order item {', '.join(missing)}.", field="items", ids=missing)


def check_can_share_invoice(covered: Sequence[Order], items: Sequence[OrderItem]) -> None:
    """Refuses items that may not share an invoice: all are of one customer, in one currency, and open to be
    invoiced now."""
    known = {order.id for order in covered}
    if strange := [item.id for item in items if item.order_id not in known]:
        raise _not_found(strange)
    _alike(covered, items)
    demand(Action.INVOICE, {order.id: order for order in covered}, items)


def _alike(covered: Sequence[Order], items: Sequence[OrderItem]) -> None:
    """Refuses several customers, currencies or ways of pricing; `ids` are items unlike the first."""
    rules: list[tuple[type[InvoicingError], Any]] = [
        (MixedCustomers, lambda order: order.customer_id or ("guest", order.id)),
        (MixedCurrencies, lambda order: order.currency),
        (MixedVatModes, lambda order: order.is_including_vat),
    ]
    for refusal, key in rules:
        unlike = {order.id for order in covered if key(order) != key(covered[0])}
        if unlike:
            raise refusal(field="items", ids=[item.id for item in items if item.order_id in unlike])


def in_order(covered: Sequence[Order], items: Sequence[OrderItem]) -> list[OrderItem]:
    """The items as they are printed: oldest order first, within an order as they were ordered."""
    by_order = {order.id: [item for item in items if item.order_id == order.id] for order in covered}
    return [item for ordered in by_order.values() for item in in_place(ordered)]
