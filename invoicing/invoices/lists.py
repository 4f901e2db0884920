"""Lists of invoices: what a back office looks for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from sqlalchemy import ColumnElement, Connection, and_, literal_column

from invoicing.access import Principal
from invoicing.checks import search_words
from invoicing.invoices.queries import Issued, issued
from invoicing.storage.narrow import Columns
from invoicing.storage.pages import Condition, Filter, Page, Window, count, where
from invoicing.storage.prepared_list import PreparedList
from invoicing.storage.search import found
from invoicing.storage.tables import IS_NOT_SETTLED, invoices

_OPEN = ("PENDING", "FAILED", "CANCELLED")
"""The states that few invoices of a large shop are in.

Each is a condition of its own, which names it: of a parameter PostgreSQL would not know how many have it, and
read all of them.
"""


def _is_in(state: str, _: object) -> ColumnElement[bool]:
    named: ColumnElement[str] = literal_column(f"'{state}'")
    return and_(literal_column(IS_NOT_SETTLED), invoices.c.state == named)


INVOICES: Mapping[str, Condition] = {
    "number": lambda number: invoices.c.number == number,
    "handle": lambda handle: invoices.c.handle == handle,
    "customer_id": lambda id: invoices.c.customer_id == id,
    "currency": lambda code: invoices.c.currency == code,
    "type": lambda kind: invoices.c.type == kind,
    "state": lambda state: invoices.c.state == state,
    "issued_from": lambda day: invoices.c.issued_on >= day,
    "issued_to": lambda day: invoices.c.issued_on <= day,
    "due_to": lambda day: invoices.c.due_on <= day,
    "total_from": lambda amount: invoices.c.total >= amount,
    "total_to": lambda amount: invoices.c.total <= amount,
    **{state: partial(_is_in, state) for state in _OPEN},
}

_PREPARED = PreparedList(issued, invoices, invoices.c.customer_id, as_=Issued, conditions=INVOICES)


def invoices_page(
    connection: Connection,
    principal: Principal,
    given: Filter,
    window: Window,
    columns: Columns | None = None,
) -> Page[Issued]:
    otherwise = partial(_where, connection, principal, given)
    return _PREPARED.page(connection, principal, _by_index(given), window, columns, otherwise)


def invoices_count(connection: Connection, principal: Principal, given: Filter) -> int:
    return count(connection, invoices, _where(connection, principal, given))


def _where(connection: Connection, principal: Principal, given: Filter) -> list[ColumnElement[bool]]:
    def search(words: str) -> ColumnElement[bool]:
        return found(connection, invoices, principal.account_id, search_words(words))

    wanted = _by_index(given)
    return where(invoices, INVOICES, principal, wanted, owner=invoices.c.customer_id, search=search)


def _by_index(given: Filter) -> Filter:
    """The same conditions; a state that few invoices have is looked for by the index of these."""
    state = given.get("state")
    return {**given, "state": None, state: True} if state in _OPEN else given
