"""Lists of invoices: what a back office looks for."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from invoicing.access import Principal
from invoicing.checks import search_words
from invoicing.invoices.queries import ISSUED, Issued
from invoicing.storage.pages import Condition, Filter, Page, Window, contains, count, page, where
from invoicing.storage.tables import invoices

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
    "search": lambda words: contains(invoices.c.search_text, search_words(words)),
}


def invoices_page(
    connection: Connection, principal: Principal, given: Filter, window: Window
) -> Page[Issued]:
    return page(
        connection,
        ISSUED,
        invoices,
        where(invoices, INVOICES, principal, given, owner=invoices.c.customer_id),
        window,
        as_=Issued,
    )


def invoices_count(connection: Connection, principal: Principal, given: Filter) -> int:
    return count(
        connection, invoices, where(invoices, INVOICES, principal, given, owner=invoices.c.customer_id)
    )
