"""Stores a batch of orders in one transaction; orders that exist already are not changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, cast

from sqlalchemy import Connection, bindparam, insert, select

from invoicing.access import Principal
from invoicing.customers import details
from invoicing.customers.values import CreateCustomerValues
from invoicing.errors import InvoicingError, ValidationError
from invoicing.importing.orders import DIGEST_KEY, ImportedOrder, Terms, flaws_of_order
from invoicing.importing.rejects import CUSTOMER_COLUMNS, Flaw, FlawedOrder, Reject, flaw_of
from invoicing.importing.totals import check_totals
from invoicing.locks import for_key_share
from invoicing.orders import intake
from invoicing.storage import rows
from invoicing.storage.id_lists import id_list, is_one_of
from invoicing.storage.prepared import Prepared
from invoicing.storage.tables import customers as customers_table
from invoicing.storage.tables import order_items
from invoicing.storage.tables import orders as orders_table

_IDS = id_list("ids")
_ORDERS = Prepared(
    select(orders_table.c.id, orders_table.c.meta).where(
        orders_table.c.account_id == bindparam("account"), is_one_of(orders_table.c.id, _IDS)
    )
)
_ITEMS = Prepared(
    select(order_items.c.id).where(
        order_items.c.account_id == bindparam("account"), is_one_of(order_items.c.id, _IDS)
    )
)
_CUSTOMERS_OF = (
    select(customers_table.c.id, customers_table.c.name, customers_table.c.handle)
    .where(customers_table.c.account_id == bindparam("account"), is_one_of(customers_table.c.handle, _IDS))
    .order_by(customers_table.c.id)
)
_CUSTOMERS_AS_THEY_ARE = Prepared(_CUSTOMERS_OF)
# Locked before the orders refer to them: the inserts would else wait for a transaction that changes a handle.
_CUSTOMERS = Prepared(for_key_share(_CUSTOMERS_OF))
_INSERT_CUSTOMERS = Prepared(insert(customers_table))
_INSERT_ORDERS = Prepared(insert(orders_table))
_INSERT_ITEMS = Prepared(insert(order_items))

Rows = list[dict[str, Any]]


@dataclass(slots=True)
class ImportedCustomer:
    """A customer, and its row if it is new."""

    id: str
    name: str
    row: dict[str, Any] | None = None


@dataclass(slots=True)
class StoredBatch:
    """The result of a batch: what was stored, what existed and what was rejected."""

    imported: list[ImportedOrder] = field(default_factory=list)
    existing: list[ImportedOrder] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    customers: Rows = field(default_factory=list)
    orders: Rows = field(default_factory=list)
    items: Rows = field(default_factory=list)


def store_batch(
    connection: Connection, principal: Principal, batch: Sequence[ImportedOrder], terms: Terms
) -> StoredBatch:
    """Raises IntegrityError if another import stores the same orders at the same time: then try again."""
    result = drafted_batch(connection, principal, batch, terms, customers=_CUSTOMERS)
    _insert(connection, result)
    return result


def previewed_batch(
    connection: Connection,
    principal: Principal,
    batch: Sequence[ImportedOrder],
    terms: Terms,
    made: dict[str, ImportedCustomer],
) -> StoredBatch:
    """What would be stored; nothing is, and nothing is locked.

    `made` are the customers, by their handles, whom the batches before would have made. Those whom this one
    would make are added.
    """
    result = drafted_batch(connection, principal, batch, terms, customers=_CUSTOMERS_AS_THEY_ARE, made=made)
    made |= {row["handle"]: ImportedCustomer(row["id"], row["name"]) for row in result.customers}
    return result


def drafted_batch(
    connection: Connection,
    principal: Principal,
    batch: Sequence[ImportedOrder],
    terms: Terms,
    *,
    customers: Prepared,
    made: Mapping[str, ImportedCustomer] = MappingProxyType({}),
) -> StoredBatch:
    result = StoredBatch()
    # The items are read before the orders: an order whose items are seen here is seen by the next query too.
    used_ids = _used_item_ids(connection, principal, batch)
    new_orders = _new_orders(connection, principal, batch, result)
    buyers = {**made, **_buyers(connection, principal, new_orders, customers)}
    for order in new_orders:
        try:
            _add(result, order, principal, terms, buyers, used_ids)
        except FlawedOrder as flawed:
            result.rejects += order.rejects(flawed)
    return result


def _new_orders(
    connection: Connection, principal: Principal, batch: Sequence[ImportedOrder], result: StoredBatch
) -> list[ImportedOrder]:
    key = {"account": principal.account_id, "ids": [order.id for order in batch]}
    before = {id: meta.get(DIGEST_KEY) for id, meta in rows.plain(connection, _ORDERS, key)}
    message = (
        "There is an order {} already, which was not imported from the same lines with the same options."
    )
    new = []
    for order in batch:
        if order.id not in before:
            before[order.id] = order.digest  # a second one comes where the file grows meanwhile
            new.append(order)
        elif before[order.id] == order.digest:
            result.existing.append(order)
        else:
            exists = Flaw("order_exists", message.format(order.id))
            result.rejects += [Reject(line.number, line.fields, exists) for line in order.lines]
    return new


def _buyers(
    connection: Connection, principal: Principal, new_orders: Sequence[ImportedOrder], customers: Prepared
) -> dict[str, ImportedCustomer]:
    handles = {order.customer["handle"] for order in new_orders if order.customer is not None}
    key = {"account": principal.account_id, "ids": sorted(handles)}
    return {handle: ImportedCustomer(id, name) for id, name, handle in rows.plain(connection, customers, key)}


def _used_item_ids(connection: Connection, principal: Principal, batch: Sequence[ImportedOrder]) -> set[str]:
    ids = [item["id"] for order in batch for item in order.values["items"]]
    return set(rows.values(connection, _ITEMS, {"account": principal.account_id, "ids": ids}))


def _add(
    result: StoredBatch,
    order: ImportedOrder,
    principal: Principal,
    terms: Terms,
    buyers: dict[str, ImportedCustomer],
    used_ids: set[str],
) -> None:
    """Adds the order's rows, and its customer's row if the customer is new."""
    ids = [item["id"] for item in order.values["items"]]
    duplicates = {at: _DUPLICATE for at, id in enumerate(ids) if id in used_ids}
    if duplicates:
        raise FlawedOrder(duplicates)
    buyer = _buyer(order, principal, terms, buyers)
    try:
        row, items = intake.new_order_rows(terms.seller, buyer, order.values, now=terms.now)
    except InvoicingError as error:
        raise flaws_of_order(order, error, terms.seller) from error
    check_totals(order, row, items)
    row["created_at"] = order.created_at
    if buyer is not None and buyer.row is not None and buyer.row["handle"] not in buyers:
        buyers[buyer.row["handle"]] = buyer
        result.customers.append(buyer.row)
    result.imported.append(order)
    result.orders.append(row)
    result.items += items


_DUPLICATE = Flaw("duplicate_id", "There is already an item with the id that this line would get.")


def _buyer(
    order: ImportedOrder, principal: Principal, terms: Terms, buyers: Mapping[str, ImportedCustomer]
) -> ImportedCustomer | None:
    if order.customer is None:
        return None
    handle = order.customer["handle"]
    if handle in buyers:
        return buyers[handle]
    try:
        if "name" not in order.customer:
            raise ValidationError("A new handle needs a name.", field="name")
        values = cast(CreateCustomerValues, order.customer)
        row = details.new_customer_row(principal, values, now=terms.now)
    except InvoicingError as error:
        everywhere = dict.fromkeys(range(len(order.values["items"])), flaw_of(error, CUSTOMER_COLUMNS))
        raise FlawedOrder(everywhere) from error
    return ImportedCustomer(row["id"], row["name"], row)


def _insert(connection: Connection, result: StoredBatch) -> None:
    """Inserts in the order of the keys, so that two simultaneous imports do not deadlock."""
    _INSERT_CUSTOMERS.run(connection, *sorted(result.customers, key=lambda row: str(row["handle"])))
    _INSERT_ORDERS.run(connection, *sorted(result.orders, key=lambda row: str(row["id"])))
    _INSERT_ITEMS.run(connection, *sorted(result.items, key=lambda row: str(row["id"])))
