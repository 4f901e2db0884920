"""Cancelling an invoice that is not settled: all that is left of it is credited."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from invoicing.access import Principal
from invoicing.errors import AlreadySettled, NotCreditable
from invoicing.invoices import credit, queries
from invoicing.invoices.issue import issue
from invoicing.invoices.queries import Issued
from invoicing.locks import lock_quoted_orders
from invoicing.payments.payable import lock_payable, refuse_while_charging


def cancel_invoice(
    connection: Connection, principal: Principal, invoice_id: str, *, reason: str | None = None, now: datetime
) -> Issued:
    """Credits all that is left of an invoice that is not settled, so that it is CANCELLED.

    Cancelling it again changes nothing. What was paid of it by then is owed by its credit invoice.
    """
    lock_quoted_orders(connection, principal.account_id, invoice_id)
    lock_payable(connection, principal, invoice_id, field="id")
    found = queries.found_invoice(connection, principal, invoice_id)
    if found.type == "CREDIT":  # one of a discount alone has a positive total, and is payable
        raise NotCreditable(field="id", ids=[invoice_id])
    if found.state == "CANCELLED":
        return found
    if found.state == "SETTLED":
        raise AlreadySettled(field="id", ids=[invoice_id])
    refuse_while_charging(connection, principal, invoice_id)
    plan = credit.credit_invoice(connection, principal, found, None, reason=reason, now=now)
    issue(connection, principal, plan, None, now=now)
    return queries.found_invoice(connection, principal, invoice_id)
