"""Lists of orders: what a back office looks for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    or_,
    select,
    union_all,
)

from invoicing.access import Principal
from invoicing.checks import search_words
from invoicing.orders.actions_sql import has_item_to_invoice, is_closed
from invoicing.storage.narrow import Columns, columns_of
from invoicing.storage.pages import Condition, Filter, Page, Window, count, where
from invoicing.storage.prepared import Prepared
from invoicing.storage.prepared_list import PreparedList
from invoicing.storage.search import Search
from invoicing.storage.tables import MAY_BE_INVOICED, Order, customers, order_items, orders

FEW = 100  # customers whose orders are looked for by their ids
FEW_TO_INVOICE = 1_000  # orders that may have something to invoice, which are then looked for first

_PLAIN: Mapping[str, Condition] = {
    "number": lambda number: orders.c.number == number,
    "customer_id": lambda id: orders.c.customer_id == id,
    "currency": lambda code: orders.c.currency == code,
    "total_from": lambda amount: orders.c.total >= amount,
    "total_to": lambda amount: orders.c.total <= amount,
    "created_from": lambda moment: orders.c.created_at >= moment,
    "created_before": lambda moment: orders.c.created_at < moment,
}
"""Those that compare a column with their value."""

_PREPARED = PreparedList(
    partial(columns_of, orders), orders, orders.c.customer_id, as_=Order, conditions=_PLAIN
)

_MAY_BE_INVOICED: ColumnElement[bool] = literal_column(f"({MAY_BE_INVOICED})")
"""As the index has it: for anything else it would not be used."""
_SOME_TO_INVOICE = (
    select(order_items.c.order_id)
    .distinct()
    .where(order_items.c.account_id == bindparam("account"), _MAY_BE_INVOICED)
    .limit(literal_column(str(FEW_TO_INVOICE + 1)))
)
_COUNT_SOME_TO_INVOICE = Prepared(select(func.count()).select_from(_SOME_TO_INVOICE.subquery()))


def orders_page(
    connection: Connection,
    principal: Principal,
    given: Filter,
    window: Window,
    columns: Columns | None = None,
) -> Page[Order]:
    otherwise = partial(_where, connection, principal, given)
    return _PREPARED.page(connection, principal, given, window, columns, otherwise)


def orders_count(connection: Connection, principal: Principal, given: Filter) -> int:
    return count(connection, orders, _where(connection, principal, given, every=True))


def _where(
    connection: Connection, principal: Principal, given: Filter, *, every: bool = False
) -> list[ColumnElement[bool]]:
    def search(words: str) -> ColumnElement[bool]:
        return _found(connection, principal.account_id, search_words(words), every=every)

    def invoiceable(wanted: bool) -> ColumnElement[bool]:
        if not wanted:
            return ~has_item_to_invoice()
        return _is_invoiceable(connection, principal.account_id, every=every)

    conditions: Mapping[str, Condition] = {**_PLAIN, "status": _has_status, "invoiceable": invoiceable}
    return where(orders, conditions, principal, given, owner=orders.c.customer_id, search=search)


def _has_status(status: str) -> ColumnElement[bool]:
    return is_closed() if status == "CLOSED" else ~is_closed()


def _is_invoiceable(connection: Connection, account_id: str, *, every: bool) -> ColumnElement[bool]:
    """Whether something on an order can be invoiced.

    Where few orders may have such items, or all of them are wanted, they are found by the index of these
    items. Where many may, the newest orders soon fill a page. PostgreSQL decides by itself where to begin.
    """
    if not every:
        ((some,),) = _COUNT_SOME_TO_INVOICE.fetch(connection, {"account": account_id}).rows
        if some > FEW_TO_INVOICE:
            return has_item_to_invoice()
    if connection.dialect.name == "postgresql":
        return has_item_to_invoice(_MAY_BE_INVOICED)
    is_own = order_items.c.account_id == account_id
    candidates = select(order_items.c.order_id).where(is_own, _MAY_BE_INVOICED)
    return and_(orders.c.id.in_(candidates), has_item_to_invoice())


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
