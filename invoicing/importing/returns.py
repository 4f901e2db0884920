"""Stores a batch of cancellations as returns of earlier sales, in one transaction.

The `undo_reason` of what was undone is the document's number. By it a document is recognised when it is
imported again, and nothing is taken back twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, and_, bindparam, select

from invoicing.access import Principal
from invoicing.decimals import price_of, written
from invoicing.importing.cancellations import Cancellation, CancelledProduct
from invoicing.importing.lines import Line
from invoicing.importing.matching import SoldLine, Take, Unmatched, match
from invoicing.importing.rejects import Flaw, Reject
from invoicing.locks import lock_orders
from invoicing.orders.actions import Action
from invoicing.orders.applied import is_applied
from invoicing.orders.returns import Contra, undo_items
from invoicing.storage.id_lists import id_list, is_one_of
from invoicing.storage.tables import customers, order_items, orders

_IDS = id_list("ids")
_ACCOUNT_ID: BindParameter[str] = bindparam("account")
_BUYER = and_(customers.c.account_id == orders.c.account_id, customers.c.id == orders.c.customer_id)
_ITS_ORDER = and_(orders.c.account_id == order_items.c.account_id, orders.c.id == order_items.c.order_id)

# Outer joins are run in this order; with inner joins SQLite would scan all items of the account first.
_BOUGHT = (
    select(orders.c.id, customers.c.handle, order_items.c.sku)
    .select_from(customers)
    .outerjoin(orders, _BUYER)
    .outerjoin(order_items, and_(_ITS_ORDER, is_one_of(order_items.c.sku, id_list("skus"))))
    .where(customers.c.account_id == _ACCOUNT_ID, is_one_of(customers.c.handle, id_list("handles")))
)
_ITEMS = (
    select(order_items)
    .where(order_items.c.account_id == _ACCOUNT_ID, is_one_of(order_items.c.order_id, _IDS))
    .order_by(order_items.c.id.concat(""))  # by the plain column, SQLite would scan all of the account
)

_EXISTS = Flaw(
    "cancellation_exists",
    "This cancellation has taken back another quantity of this product before.",
)

_Product = tuple[str, str, str, bool]  # the customer's handle, the sku, the currency, with VAT or without


@dataclass(slots=True)
class ReturnedBatch:
    """The result of a batch. `orders` are those that its documents changed, now or at an earlier import."""

    lines: list[Line] = field(default_factory=list)
    repriced: list[Line] = field(default_factory=list)  # those of `lines` with another price than the sale
    existing: list[Line] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    orders: set[str] = field(default_factory=set)


def take_back(
    connection: Connection, principal: Principal, batch: Sequence[Cancellation], *, now: datetime
) -> ReturnedBatch:
    """Returns what was shipped and cancels the rest; what was invoiced gets a contra item."""
    result = ReturnedBatch()
    sold, undone = _lock_sales(connection, principal, batch)
    for document in batch:
        takes: list[Take] = []
        for product in document.products:
            before = undone.get((document.number, document.customer, product.sku), [])
            if before:
                _count_existing(product, before, result)
            else:
                takes += _match_product(document, product, sold, result)
        _undo(connection, principal, document.number, takes, now)
        result.orders.update(take.sold.order_id for take in takes)
    return result


def _lock_sales(
    connection: Connection, principal: Principal, batch: Iterable[Cancellation]
) -> tuple[dict[_Product, list[SoldLine]], dict[tuple[str, str, str], list[Any]]]:
    """Locks the sales. Returns them by product, and what was undone before, by document and product."""
    wanted = {(document.customer, product.sku) for document in batch for product in document.products}
    names = {"handles": sorted({handle for handle, _ in wanted}), "skus": sorted({sku for _, sku in wanted})}
    bought = connection.execute(_BOUGHT, {"account": principal.account_id, **names}).all()
    handles = {row.id: row.handle for row in bought if (row.handle, row.sku) in wanted}
    order_of = {order.id: order for order in lock_orders(connection, principal.account_id, handles)}
    key = {"account": principal.account_id, "ids": list(order_of)}
    sold: defaultdict[_Product, list[SoldLine]] = defaultdict(list)
    undone: defaultdict[tuple[str, str, str], list[Any]] = defaultdict(list)
    for item in connection.execute(_ITEMS, key):
        order, handle = order_of[item.order_id], handles[item.order_id]
        if item.contra_of is None and (handle, item.sku) in wanted:
            sold[handle, item.sku, order.currency, order.is_including_vat].append(_sold(order, item))
            if item.undo_reason is not None:
                undone[item.undo_reason, handle, item.sku].append(item)
    return sold, undone


def _sold(order: Any, item: Any) -> SoldLine:
    left = item.quantity if item.undone_as is None and not is_applied(item) else 0
    return SoldLine(
        item.id, order.id, order.created_at, price_of(item), left, is_shipped=item.shipped_at is not None
    )


def _count_existing(product: CancelledProduct, before: Sequence[Any], result: ReturnedBatch) -> None:
    """The document was imported before: its lines exist, or are rejected if the quantity differs."""
    result.orders.update(item.order_id for item in before)
    if sum(item.quantity for item in before) == product.quantity:
        result.existing += product.lines
    else:
        result.rejects += _rejects(product, _EXISTS)


def _match_product(
    document: Cancellation,
    product: CancelledProduct,
    sold: dict[_Product, list[SoldLine]],
    result: ReturnedBatch,
) -> list[Take]:
    bought = sold.get((document.customer, product.sku, document.currency, document.including_vat), [])
    try:
        matched = match(product.requested, bought, document.at)
    except Unmatched as unmatched:
        result.rejects += _rejects(product, unmatched.flaw)
        return []
    result.lines += product.lines
    for line, requested, takes in zip(product.lines, product.requested, matched, strict=True):
        if any(take.sold.unit_price != requested.unit_price for take in takes):
            result.repriced.append(line)
        for take in takes:
            take.sold.left -= take.quantity
    return [take for takes in matched for take in takes]


def _rejects(product: CancelledProduct, flaw: Flaw) -> list[Reject]:
    return [Reject(line.number, line.fields, flaw) for line in product.lines]


def _undo(
    connection: Connection, principal: Principal, number: str, takes: Iterable[Take], now: datetime
) -> None:
    """Undoes the takes, order by order; those from the same item are added up first."""
    parts: defaultdict[tuple[str, Action], defaultdict[str, int]]
    parts = defaultdict(lambda: defaultdict(int))
    for take in takes:
        action = Action.RETURN if take.sold.is_shipped else Action.CANCEL
        parts[take.sold.order_id, action][take.sold.id] += take.quantity
    for (order_id, action), quantities in parts.items():
        contras = [Contra(id, written(quantity), reason=number) for id, quantity in quantities.items()]
        undo_items(connection, principal, action, order_id, contras, now=now)
