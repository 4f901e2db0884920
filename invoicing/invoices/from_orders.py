"""Putting order items on an invoice, or what was undone on a credit invoice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection

from invoicing import checks
from invoicing.access import Principal
from invoicing.accounts.exchange_rates import checked_rate
from invoicing.errors import InvoiceIdReused, MixedSaleAndCredit, ValidationError
from invoicing.idempotency import asked_by, fingerprint, made_before
from invoicing.invoices import credit, credit_lines, pdf, queries
from invoicing.invoices.covered import check_item_ids, find_orders_and_items
from invoicing.invoices.credit import LineCredit
from invoicing.invoices.draft import Draft, draft
from invoicing.invoices.issue import issue
from invoicing.invoices.queries import Issued
from invoicing.invoices.tax_currency import exchange_rate_on
from invoicing.invoices.values import BY_DEFAULT, IssueTerms
from invoicing.orders.actions import Action, open_to, why_nothing_to_invoice
from invoicing.orders.intake import find_order, items_of
from invoicing.orders.items import sold
from invoicing.orders.lawful import Parties, sold_together
from invoicing.orders.queries import parties_of
from invoicing.snapshot import Snapshot
from invoicing.storage.tables import Order, OrderItem


def invoice_items(
    connection: Connection,
    principal: Principal,
    item_ids: Sequence[str],
    *,
    invoice_id: str | None = None,
    terms: IssueTerms = BY_DEFAULT,
    now: datetime,
) -> Issued:
    """Issues an invoice for items of one customer's orders; a credit invoice, if they are contra items.

    With the same `invoice_id`, the same items and terms again, it returns the invoice made the first time.
    """
    check_item_ids(item_ids)
    covered, items = find_orders_and_items(connection, principal, item_ids, lock=True)
    is_same = _is_asked_for(terms, lambda made: _items_on(made) == {*item_ids})
    if made := _made_before(connection, principal, invoice_id, is_same):
        return made
    plan = _plan(connection, principal, covered, items, terms=terms, now=now)
    return issue(connection, principal, plan, invoice_id, now=now)


def preview(
    connection: Connection,
    principal: Principal,
    item_ids: Sequence[str],
    *,
    terms: IssueTerms = BY_DEFAULT,
    now: datetime,
) -> Snapshot:
    """What `invoice_items` would issue for these items now, to the cent; without an id or a number."""
    check_item_ids(item_ids)
    covered, items = find_orders_and_items(connection, principal, item_ids)
    return _plan(connection, principal, covered, items, terms=terms, now=now).snapshot


def invoice_order(
    connection: Connection,
    principal: Principal,
    order_id: str,
    *,
    invoice_id: str | None = None,
    terms: IssueTerms = BY_DEFAULT,
    now: datetime,
) -> Issued:
    """Issues an invoice for everything on the order that can be invoiced now.

    If there is something sold, it is that; otherwise what is to be credited. What is outside the scope of VAT
    stands alone: it is on an invoice of its own, after the others.
    """
    order = find_order(connection, principal, order_id, lock=True, field="order_id")
    items = items_of(connection, principal, order_id)
    is_same = _is_asked_for(terms, lambda made: _orders_on(made) == {order_id})
    if made := _made_before(connection, principal, invoice_id, is_same):
        return made
    parties = parties_of(connection, principal, order)
    ready = open_to(Action.INVOICE, order, items, parties)
    if not ready:
        raise why_nothing_to_invoice(order, items, parties)
    to_sell = sold_together(order, sold(ready))
    plan = _plan(connection, principal, [order], to_sell or ready, parties, terms=terms, now=now)
    return issue(connection, principal, plan, invoice_id, now=now)


def credit_invoice(
    connection: Connection,
    principal: Principal,
    invoice_id: str,
    lines: Sequence[LineCredit] | None,
    *,
    reason: str | None,
    credit_invoice_id: str | None = None,
    now: datetime,
) -> Issued:
    """Issues a credit invoice for lines of an issued invoice, or for all that is left of it.

    With the same `credit_invoice_id` and the same request again, it returns the one made the first time.
    """
    note = checks.optional(checks.text(1_000))(reason, "reason")
    asked = fingerprint(invoice_id, lines, note)
    original = credit_lines.lock_invoice_to_credit(connection, principal, invoice_id)
    if made := _made_before(connection, principal, credit_invoice_id, asked_by(asked)):
        return made
    plan = credit.credit_invoice(connection, principal, original, lines, reason=note, now=now)
    return issue(connection, principal, plan, credit_invoice_id, request=asked, now=now)


def retry_pdf(connection: Connection, principal: Principal, invoice_id: str, *, now: datetime) -> Issued:
    """Has the PDF made again, after it failed or its file was lost. Its content is the same."""
    queries.found_invoice(connection, principal, invoice_id, field="invoice_id")
    pdf.make_again(connection, principal.account_id, invoice_id, now=now)
    return queries.found_invoice(connection, principal, invoice_id)


def _plan(
    connection: Connection,
    principal: Principal,
    covered: Sequence[Order],
    items: Sequence[OrderItem],
    parties: Parties | None = None,
    *,
    terms: IssueTerms,
    now: datetime,
) -> Draft:
    contras = [item for item in items if item.contra_of is not None]
    if not contras:
        return draft(connection, principal, covered, items, parties, terms=terms, now=now)
    if len(contras) < len(items):
        raise MixedSaleAndCredit(field="items", ids=[item.id for item in contras])
    if terms.due_on is not None:
        raise ValidationError("These items are credited; a credit invoice has no due_on.", field="due_on")
    if terms.exchange_rate is not None:
        raise ValidationError(
            "These items are credited, at the exchange rate of their invoice.", field="exchange_rate"
        )
    return credit.credit_items(connection, principal, covered, items, now=now)


def _made_before(
    connection: Connection, principal: Principal, invoice_id: str | None, is_same: Callable[[Issued], bool]
) -> Issued | None:
    named = checks.optional(checks.identifier)(invoice_id, "invoice_id")
    return made_before(connection, principal, queries.invoice_if_any, named, is_same, refusal=_id_reused)


def _is_asked_for(terms: IssueTerms, is_same: Callable[[Issued], bool]) -> Callable[[Issued], bool]:
    """Whether an invoice is for the same, on the terms that are asked for now; without them, on any."""
    rate = None if terms.exchange_rate is None else checked_rate(terms.exchange_rate, "exchange_rate")
    return lambda made: (
        is_same(made)
        and terms.due_on in (None, made.due_on)
        and rate in (None, exchange_rate_on(made.frozen()))
    )


def _id_reused(made: Issued) -> InvoiceIdReused:
    return InvoiceIdReused(
        f"Invoice {made.id} was made for something else.", field="invoice_id", ids=[made.id]
    )


def _items_on(made: Issued) -> set[str | None]:
    return {line.order_item_id for line in made.frozen().lines}


def _orders_on(made: Issued) -> set[str | None]:
    return {line.order_id for line in made.frozen().lines}
