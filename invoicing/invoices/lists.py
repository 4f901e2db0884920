"""Lists of invoices: what a back office looks for."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import ColumnElement, Connection, and_, literal_column

from invoicing.access import Principal
from invoicing.checks import search_words
from invoicing.invoices.queries import Issued, issued
from invoicing.storage.narrow import Columns
from invoicing.storage.pages import Condition, Filter, Page, Window, count, page, where
from invoicing.storage.prepared_list import PreparedList
from invoicing.storage.search import found
from invoicing.storage.tables import IS_NOT_SETTLED, invoices

_IS_NOT_SETTLED: ColumnElement[bool] = literal_column(IS_NOT_SETTLED)
"""As the index has it: for anything else it would not be used."""

INVOICES: Mapping[str, Condition] = {
    "number": lambda number: invoices.c.number == number,
    "handle": lambda handle: invoices.c.handle == handle,
    "customer_id": lambda id: invoices.c.customer_id == id,
    "currency": lambda code: invoices.c.currency == code,
    "type": lambda kind: invoices.c.type == kind,
    "state": lambda state: invoices.c.state == state,
    "open_state": lambda state: and_(_IS_NOT_SETTLED, invoices.c.state == state),
    "issued_from": lambda day: invoices.c.issued_on >= day,
    "issued_to": lambda day: invoices.c.issued_on <= day,
    "due_to": lambda day: invoices.c.due_on <= day,
    "total_from": lambda amount: invoices.c.total >= amount,
    "total_to": lambda amount: invoices.c.total <= amount,
}

_PREPARED = PreparedList(issued, invoices, invoices.c.customer_id, as_=Issued, conditions=INVOICES)


def invoices_page(
    connection: Connection,
    principal: Principal,
    given: Filter,
    window: Window,
    columns: Columns | None = None,
) -> Page[Issued]:
    found = _PREPARED.page(connection, principal, _by_index(given), window, columns)
    if found is not None:
        return found
    conditions = _where(connection, principal, given)
    return page(connection, issued(columns), invoices, conditions, window, as_=Issued)


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
    return given if state in (None, "SETTLED") else {**given, "state": None, "open_state": state}
