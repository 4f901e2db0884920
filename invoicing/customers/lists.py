"""Lists of customers."""

from __future__ import annotations

from functools import partial

from sqlalchemy import ColumnElement, Connection

from invoicing.access import Principal
from invoicing.checks import search_words
from invoicing.storage.narrow import Columns, columns_of
from invoicing.storage.pages import Filter, Page, Window, count, where
from invoicing.storage.prepared_list import PreparedList
from invoicing.storage.search import found
from invoicing.storage.tables import Customer, customers

_PREPARED = PreparedList(partial(columns_of, customers), customers, customers.c.id, as_=Customer)


def customers_page(
    connection: Connection,
    principal: Principal,
    given: Filter,
    window: Window,
    columns: Columns | None = None,
) -> Page[Customer]:
    otherwise = partial(_where, connection, principal, given)
    return _PREPARED.page(connection, principal, given, window, columns, otherwise)


def customers_count(connection: Connection, principal: Principal, given: Filter) -> int:
    return count(connection, customers, _where(connection, principal, given))


def _where(connection: Connection, principal: Principal, given: Filter) -> list[ColumnElement[bool]]:
    def search(words: str) -> ColumnElement[bool]:
        return found(connection, customers, principal.account_id, search_words(words))

    return where(customers, {}, principal, given, owner=customers.c.id, search=search)
