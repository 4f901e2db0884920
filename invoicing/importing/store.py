"""A batch of orders into the tables, in one transaction; what is there already stays as it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, insert, select

from invoicing.access import Principal
from invoicing.customers import details
from invoicing.errors import InvoicingError, ValidationError
from invoicing.importing.orders import IMPORTED, Incoming, Terms, flaws
from invoicing.importing.rejects import OF_CUSTOMER, Flaw, Flawed, Reject, flaw, rejected
from invoicing.orders import intake
from invoicing.storage.tables import customers as customers_table
from invoicing.storage.tables import order_items
from invoicing.storage.tables import orders as orders_table

_IDS: BindParameter[list[str]] = bindparam("ids", expanding=True)
_ORDERS = select(orders_table.c.id, orders_table.c.meta).where(
    orders_table.c.account_id == bindparam("account"), orders_table.c.id.in_(_IDS)
)
_ITEMS = select(order_items.c.id).where(
    order_items.c.account_id == bindparam("account"), order_items.c.id.in_(_IDS)
)
_CUSTOMERS = select(customers_table.c.id, customers_table.c.name, customers_table.c.handle).where(
    customers_table.c.account_id == bindparam("account"), customers_table.c.handle.in_(_IDS)
)

Rows = list[dict[str, Any]]


@dataclass(slots=True)
class Buyer:
    """A customer, and its row if it is new."""

    id: str
    name: str
    row: dict[str, Any] | None = None


@dataclass(slots=True)
class Stored:
    """What became of a batch: of each order, or of its lines."""

    imported: list[Incoming] = field(default_factory=list)
    there: list[Incoming] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    customers: Rows = field(default_factory=list)
    orders: Rows = field(default_factory=list)
    items: Rows = field(default_factory=list)


def store(connection: Connection, principal: Principal, batch: Sequence[Incoming], terms: Terms) -> Stored:
    """IntegrityError if another import stores the same orders at this moment; then try again."""
    done = Stored()
    taken = _taken(connection, principal, batch)  # before the orders: whose items are seen is seen then too
    fresh = _fresh(connection, principal, batch, done)
    buyers = _buyers(connection, principal, fresh)
    for order in fresh:
        try:
            _add(done, order, principal, terms, buyers, taken)
        except Flawed as flawed:
            done.rejects += rejected(order.lines, flawed)
    _insert(connection, done)
    return done


def _fresh(
    connection: Connection, principal: Principal, batch: Sequence[Incoming], done: Stored
) -> list[Incoming]:
    key = {"account": principal.account_id, "ids": [order.id for order in batch]}
    before = {row.id: row.meta.get(IMPORTED) for row in connection.execute(_ORDERS, key)}
    told = "There is an order {} already, and it was not imported from these lines in this way."
    for order in batch:
        if order.id in before and before[order.id] == order.digest:
            done.there.append(order)
        elif order.id in before:
            exists = Flaw("order_exists", told.format(order.id))
            done.rejects += [Reject(line.number, line.fields, exists) for line in order.lines]
    return [order for order in batch if order.id not in before]


def _buyers(connection: Connection, principal: Principal, fresh: Sequence[Incoming]) -> dict[str, Buyer]:
    handles = {order.customer["handle"] for order in fresh if order.customer is not None}
    key = {"account": principal.account_id, "ids": sorted(handles)}
    return {row.handle: Buyer(row.id, row.name) for row in connection.execute(_CUSTOMERS, key)}


def _taken(connection: Connection, principal: Principal, batch: Sequence[Incoming]) -> set[str]:
    ids = [item["id"] for order in batch for item in order.values["items"]]
    return set(connection.execute(_ITEMS, {"account": principal.account_id, "ids": ids}).scalars())


def _add(
    done: Stored,
    order: Incoming,
    principal: Principal,
    terms: Terms,
    buyers: dict[str, Buyer],
    taken: set[str],
) -> None:
    """The order's rows, and those of its customer if it is the first to name it."""
    ids = [item["id"] for item in order.values["items"]]
    clashes = {at: _CLASH for at, id in enumerate(ids) if id in taken}
    if clashes:
        raise Flawed(clashes)
    buyer = _buyer(order, principal, terms, buyers)
    try:
        row, items = intake.rows(terms.seller, buyer, order.values, now=terms.now)
    except InvoicingError as error:
        raise flaws(order, error, terms.seller) from error
    row["created_at"] = order.created_at
    if buyer is not None and buyer.row is not None and buyer.row["handle"] not in buyers:
        buyers[buyer.row["handle"]] = buyer
        done.customers.append(buyer.row)
    done.imported.append(order)
    done.orders.append(row)
    done.items += items


_CLASH = Flaw("duplicate_id", "There is an item with the id that this line would get already.")


def _buyer(order: Incoming, principal: Principal, terms: Terms, buyers: Mapping[str, Buyer]) -> Buyer | None:
    if order.customer is None:
        return None
    handle = order.customer["handle"]
    if handle in buyers:
        return buyers[handle]
    try:
        if "name" not in order.customer:
            raise ValidationError("name is needed for a handle that is new.", field="name")
        row = details.drafted(principal, order.customer, now=terms.now)
    except InvoicingError as error:
        raise Flawed(dict.fromkeys(range(len(order.lines)), flaw(error, OF_CUSTOMER))) from error
    return Buyer(row["id"], row["name"], row)


def _insert(connection: Connection, done: Stored) -> None:
    """Everywhere in the order of the keys, so that two imports never wait for each other in a ring."""
    _insert_into(connection, customers_table, sorted(done.customers, key=lambda row: str(row["handle"])))
    _insert_into(connection, orders_table, sorted(done.orders, key=lambda row: str(row["id"])))
    _insert_into(connection, order_items, sorted(done.items, key=lambda row: str(row["id"])))


def _insert_into(connection: Connection, table: Any, rows: Iterable[dict[str, Any]]) -> None:
    if given := list(rows):
        connection.execute(insert(table), given)
