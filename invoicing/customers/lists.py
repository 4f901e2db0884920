"""Lists of customers."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, select

from invoicing.access import Principal
from invoicing.checks import search_words
from invoicing.storage.pages import Condition, Filter, Page, Window, contains, count, page, where
from invoicing.storage.tables import Customer, customers

CUSTOMERS: Mapping[str, Condition] = {
    "search": lambda words: contains(customers.c.search_text, search_words(words))
}


def customers_page(
    connection: Connection, principal: Principal, given: Filter, window: Window
) -> Page[Customer]:
    return page(
        connection,
        select(customers),
        customers,
        where(customers, CUSTOMERS, principal, given, owner=customers.c.id),
        window,
        as_=Customer,
    )


def customers_count(connection: Connection, principal: Principal, given: Filter) -> int:
    return count(connection, customers, where(customers, CUSTOMERS, principal, given, owner=customers.c.id))
