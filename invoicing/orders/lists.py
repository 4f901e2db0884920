"""Lists of orders: what a back office looks for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from sqlalchemy import ColumnElement, Connection, and_, exists, or_, select, union_all

from invoicing.access import Principal
from invoicing.checks import search_words
from invoicing.orders.actions_sql import has_item_to_invoice, is_closed
from invoicing.storage.narrow import Columns, columns_of
from invoicing.storage.pages import Condition, Filter, Page, WholeList, Window, count, is_whole, page, where
from invoicing.storage.search import Search
from invoicing.storage.tables import Order, customers, orders

FEW = 100  # customers whose orders are looked for by their ids

_ALL = WholeList(partial(columns_of, orders), orders, orders.c.customer_id, as_=Order)

ORDERS: Mapping[str, Condition] = {
    "number": lambda number: orders.c.number == number,
    "customer_id": lambda id: orders.c.customer_id == id,
    "currency": lambda code: orders.c.currency == code,
    "status": lambda status: is_closed() if status == "CLOSED" else ~is_closed(),
    "invoiceable": lambda wanted: has_item_to_invoice() if wanted else ~has_item_to_invoice(),
    "total_from": lambda amount: orders.c.total >= amount,
    "total_to": lambda amount: orders.c.total <= amount,
    "created_from": lambda moment: orders.c.created_at >= moment,
    "created_before": lambda moment: orders.c.created_at < moment,
}


def orders_page(
    connection: Connection,
    principal: Principal,
    given: Filter,
    window: Window,
    columns: Columns | None = None,
) -> Page[Order]:
    if is_whole(given, window):
        return _ALL.page(connection, principal, window, columns)
    statement, conditions = columns_of(orders, columns), _where(connection, principal, given)
    return page(connection, statement, orders, conditions, window, as_=Order)


def orders_count(connection: Connection, principal: Principal, given: Filter) -> int:
    return count(connection, orders, _where(connection, principal, given, every=True))


def _where(
    connection: Connection, principal: Principal, given: Filter, *, every: bool = False
) -> list[ColumnElement[bool]]:
    def search(words: str) -> ColumnElement[bool]:
        return _found(connection, principal.account_id, search_words(words), every=every)

    return where(orders, ORDERS, principal, given, owner=orders.c.customer_id, search=search)


def _found(connection: Connection, account_id: str, words: str, *, every: bool) -> ColumnElement[bool]:
    """By its number or billing name, or by its customer's name as it is now; see `search.found`.

    With `every`, all of them are wanted and not only the newest.
    """
    named = Search(connection, orders, account_id, words)
    if not words:
        return named.is_own
    ordering = Search(connection, customers, account_id, words)
    customer = (customers.c.account_id == orders.c.account_id, customers.c.id == orders.c.customer_id)
    is_common = named.is_common()
    few = None if is_common else _few_customers(connection, ordering)
    is_theirs = exists().where(*customer, ordering.in_text) if few is None else orders.c.customer_id.in_(few)
    is_found = or_(named.in_text, is_theirs)
    if is_common or named.is_common(is_found):
        theirs = select(customers.c.id).where(ordering.is_own, ordering.in_text)
        by_customer = or_(named.in_text, orders.c.customer_id.in_(theirs if few is None else few))
        return and_(named.is_own, by_customer if every else is_found)
    named.check_is_cheap()
    ordering.check_is_cheap()
    theirs = select(customers.c.id).where(ordering.by_index(ordering.candidates, ordering.in_text))
    by_customer = orders.c.customer_id.in_(theirs if few is None else few)
    ordered = select(named.key).where(named.is_own, by_customer)
    return named.by_index(union_all(named.candidates, ordered), is_found)


def _few_customers(connection: Connection, ordering: Search) -> list[str] | None:
    """The ids of the customers with the words, if the index leads to a few of them.

    Then no order's customer has to be looked up, of which the newest orders alone have a thousand.
    """
    if ordering.is_common() or not ordering.is_cheap():
        return None
    found = select(customers.c.id).where(ordering.by_index(ordering.candidates, ordering.in_text))
    ids = list(connection.execute(found.limit(FEW + 1)).scalars())
    return ids if len(ids) <= FEW else None
